package engine

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDefaultPolicy(t *testing.T) {
	p, err := DefaultPolicy()
	require.NoError(t, err)
	require.Regexp(t, `^default-1-[0-9a-f]{8}$`, p.Version())
	require.Equal(t, Forever, p.Rule("national_id").Hold)
	require.Equal(t, p.Default, p.Rule("name_and_birthday"), "an open kind takes the default")
}
