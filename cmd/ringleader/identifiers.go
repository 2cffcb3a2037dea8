package main

import (
	"github.com/spf13/pflag"

	"ringleader/loaders"
)

// identifierFlags say how identifiers are brought into one form.
type identifierFlags struct {
	Region  string
	IPv6Net bool
	Raw     bool
}

func (f *identifierFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.Region, "region", "", "country of phone numbers without a country code, such as DE")
	flags.BoolVar(&f.IPv6Net, "ipv6-net", false, "take IPv6 addresses as their /64 network")
	flags.BoolVar(&f.Raw, "raw-identifiers", false, "keep identifiers as they are written, placeholders too")
}

// apply puts the flags into the loaders' options. Placeholders are those of the
// policy that ships.
func (f *identifierFlags) apply(o *loaders.Options) error {
	o.Normal = loaders.Normalising{Region: f.Region, IPv6Net: f.IPv6Net, Off: f.Raw}
	if err := o.Normal.Validate(); err != nil {
		return usagef("--region %q: %v", f.Region, err)
	}
	if f.Raw {
		return nil
	}
	policy, err := readPolicy("")
	if err == nil {
		o.Placeholder, err = policy.PlaceholderTest()
	}
	return err
}
