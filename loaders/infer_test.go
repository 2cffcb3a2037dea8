package loaders_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/loaders"
)

func infer(t testing.TB, paths ...string) *loaders.Inference {
	t.Helper()
	g, err := loaders.Infer(t.Context(), paths, loaders.Options{})
	require.NoError(t, err)
	return g
}

// Five exports of unlike layout, made up in the style of real ones, load by
// inference alone: no row is lost, and what they state is what a person who
// reads the headers would say.
func TestFiveForeignExportsLoadByInference(t *testing.T) {
	tests := map[string]struct {
		kind string
		rows int64
		want []string // some facts
	}{
		"bestellungen.csv": {"payments", 40, []string{"PAID merchant:Müller & Söhne", "USED_DEVICE", "USED_IP ip:192.0.2.1", "EUR", "declined", "HAS_ADDRESS address:Große Straße 1"}},
		"virements.csv":    {"transfers", 30, []string{"TRANSFERRED_TO account:FR", "EUR", "libellé"}},
		"accesos.txt":      {"events", 50, []string{"event/login_failed", "USED_IP ip:198.51.100.10", "USED_DEVICE device:dev-0001"}},
		"zhifu_mingxi.csv": {"payments", 40, []string{"PAID merchant:应用商店", "648.00 CNY", "PAID_TO beneficiary:game1", "refunded"}},
		"signups.csv":      {"accounts", 30, []string{"HAS_EMAIL email:person3@example.com", "HAS_PHONE", "USED_DEVICE", "opened_at"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("testdata", "inferred", name)
			g := infer(t, file)
			lines, report := read(t, loaders.Options{Mapping: g.Mapping}, file)
			t.Log(string(g.YAML))
			require.Equal(t, tt.kind, g.Tables[0].Kind)
			require.Equal(t, tt.rows, report.Rows)
			require.Zero(t, report.Rejected, "%v", report.Reasons)
			all := strings.ToLower(strings.Join(lines, "\n"))
			for _, want := range tt.want {
				require.Contains(t, all, strings.ToLower(want))
			}
		})
	}
}

// A saved mapping is the mapping: it loads to the same inputs.
func TestSavedInferenceLoadsIdentically(t *testing.T) {
	file := filepath.Join("testdata", "inferred", "bestellungen.csv")
	g := infer(t, file)
	saved := write(t, t.TempDir(), "m.yaml", string(g.YAML))
	m, err := loaders.ReadMapping(saved)
	require.NoError(t, err)
	require.Equal(t, g.Mapping, m)
	_, before := read(t, loaders.Options{Mapping: g.Mapping}, file)
	_, after := read(t, loaders.Options{Mapping: m}, file)
	require.Equal(t, before.Files, after.Files)
	require.Equal(t, g.YAML, infer(t, file).YAML, "inference is deterministic")
	_, err = os.Stat(saved)
	require.NoError(t, err)
}

// What a row of a table is taken for, by header and values, and by how files
// relate to each other.
func TestInferenceOfTables(t *testing.T) {
	tests := map[string]struct {
		files map[string]string
		kinds []string
		want  []string // in the YAML
	}{
		"keys of another file": {map[string]string{
			"kunden.csv":    "Kundennr,Vorname,E-Mail\n501,A,a@example.org\n502,B,b@example.org\n503,C,c@example.org\n",
			"zahlungen.csv": "Nr,Zahlender,Shop,Summe,Zeitpunkt\n1,501,s,10.5,2019-01-02\n2,502,s,1,2019-01-03\n3,501,s,2,2019-01-03\n",
		}, []string{"accounts", "payments"}, []string{"2 of its 2 values are accounts of kunden", "account:{Zahlender}"}},
		"customers own accounts": {map[string]string{
			"accounts_2019.csv": "account no,client no,opened at\na1,c1,2019-01-01\na2,c1,2019-01-02\n",
			"people.csv":        "client no,phone\nc1,+49 151 23456789\nc2,+49 151 23456780\n",
		}, []string{"accounts", "entities"}, []string{"OWNED_BY", "customer:{client no}", "phone:{phone}"}},
		"a file a month": {map[string]string{
			"tx_2019-01.csv": "sender,receiver,amt,ts\na,b,1,1546300800\nb,c,2,1546300900\n",
			"tx_2019-02.csv": "sender,receiver,amt,ts\na,b,1,1549300800\nb,c,2,1549300900\n",
		}, []string{"transfers"}, []string{"file: tx_2019-*", "transfer:{@row}"}},
		"no header": {map[string]string{
			"log.csv": "7,192.0.2.1,2019-01-01 10:00:00,u1@example.org\n8,192.0.2.2,2019-01-02 10:00:00,u1@example.org\n9,192.0.2.2,2019-01-02 11:00:00,u2@example.org\n",
		}, []string{"uses"}, []string{"column_4: the account", "ip:{column_2}", "the columns are numbered"}},
		"day or month first": {map[string]string{
			"purchases.csv": "user,store,amount,date\nu1,s,1,03/04/2019\nu2,s,1,05/06/2019\nu1,s,1,07/08/2019\n",
		}, []string{"payments"}, []string{"LOOK: date: the day and the month", "M/D/YYYY"}},
		"devices": {map[string]string{
			"geraete.csv": "Gerätenummer;Modell\ng1;X\ng2;Y\n",
		}, []string{"entities"}, []string{"device:{Gerätenummer}"}},
		"logins": {map[string]string{
			"connexions.csv": "utilisateur;horodatage;adresse ip\nu;01/02/2020 10:00;192.0.2.1\nu;13/02/2020 10:00;192.0.2.2\n",
		}, []string{"events"}, []string{"type: login", "D/M/YYYY HH:mm"}},
		"the canonical layout": {map[string]string{
			"uses.csv": "account,kind,identifier\na,device,d\n",
		}, []string{"canonical"}, []string{"{kind}:{identifier}"}},
		"JSON lines": {map[string]string{
			"orders.jsonl": "{\"userId\":\"u1\",\"storeName\":\"s\",\"totalPrice\":12.5,\"createdAt\":\"2020-01-01T00:00:00Z\"}\n{\"userId\":\"u2\",\"storeName\":\"s\",\"totalPrice\":1,\"createdAt\":\"2020-01-01T00:00:01Z\"}\n",
		}, []string{"payments"}, []string{"account:{userId}", "amount: totalPrice"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range tt.files {
				write(t, dir, file, text)
			}
			g := infer(t, dir)
			t.Log(string(g.YAML))
			var kinds []string
			for _, table := range g.Tables {
				kinds = append(kinds, table.Kind)
			}
			require.Equal(t, tt.kinds, kinds)
			for _, want := range tt.want {
				require.Contains(t, string(g.YAML), want)
			}
			_, report := read(t, loaders.Options{Mapping: g.Mapping}, dir)
			require.Zero(t, report.Rejected, "%v", report.Reasons)
			require.Empty(t, report.Skipped)
		})
	}
}

// Compressed files, archives and globs are looked at as they will be loaded.
func TestInferenceOfPackedFiles(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "inferred", "accesos.txt"))
	require.NoError(t, err)
	var zipped, packed bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, err = z.Write(data)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	tape := tar.NewWriter(&packed)
	require.NoError(t, tape.WriteHeader(&tar.Header{Name: "out/accesos.csv", Mode: 0o644, Size: int64(len(data))}))
	_, err = tape.Write(data)
	require.NoError(t, err)
	require.NoError(t, tape.Close())

	dir := t.TempDir()
	write(t, dir, "accesos.csv.gz", zipped.String())
	for _, path := range []string{filepath.Join(dir, "acc*.gz"), write(t, dir, "all.tar", packed.String())} {
		g := infer(t, path)
		_, report := read(t, loaders.Options{Mapping: g.Mapping}, path)
		require.Equal(t, int64(50), report.Rows, path)
		require.Zero(t, report.Rejected)
		require.Equal(t, "accesos", g.Tables[0].File)
	}
}

func TestWhatCannotBeInferred(t *testing.T) {
	dir := t.TempDir()
	for name, tt := range map[string]struct{ text, want string }{
		"weather.csv": {"day,rain\nMon,1\nTue,2\n", "no column names an account"},
		"empty.csv":   {"user,amount\n", "no rows to look at"},
		"binary.csv":  {"PK\x03\x04\x00\x00\x00\x00", "binary data"},
	} {
		_, err := loaders.Infer(t.Context(), []string{write(t, dir, name, tt.text)}, loaders.Options{})
		require.ErrorIs(t, err, graph.ErrInvalid, name)
		require.ErrorContains(t, err, tt.want, name)
	}
	_, err := loaders.Infer(t.Context(), []string{dir + "/none.csv"}, loaders.Options{})
	require.ErrorIs(t, err, graph.ErrNotFound)
}

// FuzzInfer: whatever a file holds, inference neither breaks nor makes a mapping
// that cannot be read back or that disagrees with the header.
func FuzzInfer(f *testing.F) {
	for _, name := range []string{"bestellungen.csv", "accesos.txt", "signups.csv", "zhifu_mingxi.csv", "virements.csv"} {
		data, err := os.ReadFile(filepath.Join("testdata", "inferred", name))
		require.NoError(f, err)
		f.Add(data[:min(len(data), 600)&^1])
	}
	f.Add([]byte("a{b}|c,user=x,*\n1,2,3\n4,5,6\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file := write(t, t.TempDir(), "f.csv", string(data))
		g, err := loaders.Infer(t.Context(), []string{file}, loaders.Options{})
		if err != nil {
			return
		}
		_, err = loaders.Read(t.Context(), []string{file}, loaders.Options{Mapping: g.Mapping}, func(b *graph.Batch) error { return b.Validate() })
		if err != nil {
			require.ErrorIs(t, err, graph.ErrInvalid)
			require.NotContains(t, err.Error(), "no column", "the mapping names what is not there")
		}
	})
}
