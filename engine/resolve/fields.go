package resolve

import (
	"fmt"
	"slices"
	"strings"

	"ringleader/graph"
)

// Role is what a field says about a person. It decides how two values are
// compared and which blocking keys use them.
type Role string

// Roles. What an attribute of a record is for follows from its name, see
// [Fields].
const (
	FirstName  Role = "first_name"
	Surname    Role = "surname"
	FullName   Role = "name"
	BirthDate  Role = "birth_date"
	BirthPlace Role = "birth_place"
	Postcode   Role = "postcode"
	Address    Role = "address"
	Phone      Role = "phone"
	Email      Role = "email"
	NationalID Role = "national_id"
	Occupation Role = "occupation"
	Gender     Role = "gender"
	Latitude   Role = "latitude"
	Longitude  Role = "longitude"
)

// shippedNames is which attributes play a role where nobody says otherwise, the
// first that a record has. Letters only: birth_date, BirthDate and birth-date
// are one name.
func shippedNames() []roleNames {
	return []roleNames{
		{FirstName, "first_name given_name forename firstname vorname prenom nombre nome"},
		{Surname, "surname last_name family_name lastname nachname nom apellido cognome"},
		{FullName, "name full_name fullname customer_name person_name"},
		{BirthDate, "birth_date dob date_of_birth birthday birthdate geburtsdatum date_naissance fecha_nacimiento"},
		{BirthPlace, "birth_place place_of_birth birthplace geburtsort lieu_naissance"},
		{Postcode, "postcode postal_code zip zip_code postcode_home plz code_postal"},
		{Address, "address street street_address address_line_1 anschrift adresse"},
		{Phone, "phone phone_number mobile telephone tel msisdn"},
		{Email, "email email_address e_mail mail"},
		{NationalID, "national_id ssn passport passport_number tax_id id_number"},
		{Occupation, "occupation job profession job_title beruf"},
		{Gender, "gender sex geschlecht"},
		{Latitude, "latitude lat"},
		{Longitude, "longitude lon lng long"},
	}
}

type roleNames struct {
	role  Role
	names string
}

// Roles are all roles, in the order of comparison.
func Roles() []Role {
	var roles []Role
	for _, r := range shippedNames() {
		roles = append(roles, r.role)
	}
	return roles
}

// Fields maps roles to names of attributes, the first that a record has
// counting. A role that is absent has its shipped names; one with an empty list
// is not compared.
type Fields map[Role][]string

// ParseFields reads pairs such as birth_date=geboren and occupation=, which
// switches a role off; a role may come several times. Its errors wrap
// graph.ErrInvalid.
func ParseFields(pairs []string) (Fields, error) {
	f := make(Fields)
	for _, p := range pairs {
		role, name, ok := strings.Cut(p, "=")
		if !ok || !slices.Contains(Roles(), Role(role)) {
			var names []string
			for _, r := range Roles() {
				names = append(names, string(r))
			}
			return nil, fmt.Errorf("%w field %q: want ROLE=ATTRIBUTE with a role of %s", graph.ErrInvalid, p, strings.Join(names, ", "))
		}
		if name == "" {
			f[Role(role)] = []string{}
			continue
		}
		f[Role(role)] = append(f[Role(role)], name)
	}
	return f, nil
}

// roleOf tells which role an attribute plays and at which place of its list.
func (f Fields) roleOf() map[string]place {
	out := make(map[string]place)
	for _, r := range shippedNames() {
		names, said := f[r.role]
		if !said {
			names = strings.Fields(r.names)
		}
		for i, n := range names {
			if n = plainName(n); out[n].role == "" || said {
				out[n] = place{r.role, i}
			}
		}
	}
	return out
}

type place struct {
	role Role
	rank int
}

// plainName is a name of an attribute without what people write differently.
func plainName(s string) string { return strings.ReplaceAll(fold(s), " ", "") }
