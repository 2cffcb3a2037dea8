package resolve

import "math"

// scorer gives pairs their bits.
type scorer struct {
	*comparer
	*weights
	usual [][]float64 // by column and level: log2 of the usual chance of agreement in the part
}

func (r *resolver) scorer() *scorer {
	s := &scorer{comparer: r.table.comparer(), weights: r.model.weights()}
	for i, c := range r.table.columns {
		usual := make([]float64, len(c.levels))
		for j, lv := range c.levels {
			switch {
			case lv.exact == 1+whole: // the value's own share is its u
				usual[j] = math.Log2(r.model.u[i][0][j])
			case lv.exact > 0:
				usual[j] = math.Log2(c.expected(lv.exact - 1))
			}
		}
		s.usual = append(s.usual, usual)
	}
	return s
}

// bits is the evidence that two records are one person: the prior's and each
// field's. Term frequencies adjust it where a part agrees: a share of one in a
// thousand for a surname counts ten times more than one in a hundred (Winkler
// 2000, "Frequency-based matching in Fellegi-Sunter model of record linkage").
func (s *scorer) bits(x uint32, p pattern) float64 {
	sum := s.weights.prior
	for i := range s.columns {
		if lv := p.level(i); lv != missing {
			sum += s.field(i, lv, x, p)
		}
	}
	return sum
}

// field is the bits of one field at a level of a pair that x is part of. The
// chance of agreement in a value is its share; where the field follows from
// another in part, what that adds to the usual chance is added to it.
func (s *scorer) field(column, lv int, x uint32, p pattern) float64 {
	row := s.row(column, p)
	b, c := s.weights.bits[column][row][lv], s.columns[column]
	part := c.levels[lv].exact
	if part == 0 {
		return b
	}
	share := c.values[c.of[x]].part[part-1].share
	if share == 0 {
		return b
	}
	usual := s.usual[column][lv]
	if part != 1+whole || row == 0 {
		return b + usual - math.Log2(share)
	}
	chance := share + max(0, s.u[column][row][lv]-s.u[column][0][lv])
	return math.Log2(s.m[column][lv] / min(chance, 1))
}
