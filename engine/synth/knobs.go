package synth

// knobs say how much fraud a world holds and how well it hides.
type knobs struct {
	prevalence float64 // share of accounts in rings
	size       float64 // factor on the size of rings; 1: as the typologies have it
	camouflage float64 // 0..1: how much honest life a ring's own accounts lead besides
	stagger    float64 // 0..1: 0 lets a ring do everything within hours, 1 over months
	wifi       float64 // factor on how many accounts use public Wi-Fi; 0 stands for 1
	nights     int     // of the end of the world that come in a folder each; 0: all in one
}
