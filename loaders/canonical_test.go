package loaders_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ringleader/graph"
	"ringleader/loaders"
)

// write puts a file of a given text into a folder.
func write(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

// read gives every fact of some paths as a line of text, sorted.
func read(t testing.TB, o loaders.Options, paths ...string) ([]string, *loaders.Report) {
	t.Helper()
	var lines []string
	report, err := loaders.Read(context.Background(), paths, o, func(b *graph.Batch) error {
		if err := b.Validate(); err != nil {
			return err
		}
		lines = append(lines, describe(b)...)
		return nil
	})
	require.NoError(t, err)
	slices.Sort(lines)
	return lines, report
}

// describe writes facts for people: "from TYPE to @time ~until !event =money *weight name=value".
func describe(b *graph.Batch) []string {
	var lines []string
	for _, a := range b.Attrs {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s . %s=%s %s", b.Refs[a.Node], a.Name, a.Value, at("@", a.At))))
	}
	for _, l := range b.Links {
		parts := []string{b.Refs[l.From].String(), string(l.Type), b.Refs[l.To].String(), at("@", l.At), at("~", l.Until)}
		if l.Event != "" {
			parts = append(parts, "!"+l.Event)
		}
		if l.Money.Known {
			parts = append(parts, "="+l.Money.String())
		}
		if l.Weight != 0 {
			parts = append(parts, fmt.Sprintf("*%g", l.Weight))
		}
		for _, p := range l.Props {
			parts = append(parts, p.Name+"="+p.Value)
		}
		lines = append(lines, strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " "))
	}
	return lines
}

func at(mark string, t graph.Time) string {
	if t == 0 {
		return ""
	}
	return mark + t.String()
}

// The expectations below are CONTRACTS §2 of the canonical layout, row by row.
func TestCanonicalTables(t *testing.T) {
	tests := map[string]struct {
		file, text string
		want       []string
	}{
		"accounts": {"accounts.csv",
			"account,provider,opened_at,two_factor,country,timezone,customer,as_of,tier\n" +
				"u1,wx,2014-01-01,no,CN,Asia/Shanghai,c1,2018-10-01,gold\n" +
				"u2,,,,,,,,\n",
			[]string{
				"account:u1 . =", "account:u2 . =",
				"account:u1 . provider=wx @2018-09-30T16:00:00Z",
				"account:u1 . opened_at=2013-12-31T16:00:00Z @2018-09-30T16:00:00Z",
				"account:u1 . two_factor=no @2018-09-30T16:00:00Z",
				"account:u1 . country=CN @2018-09-30T16:00:00Z",
				"account:u1 . timezone=Asia/Shanghai @2018-09-30T16:00:00Z",
				"account:u1 . tier=gold @2018-09-30T16:00:00Z",
				"account:u1 OWNED_BY customer:c1 @2018-09-30T16:00:00Z",
			}},
		"uses": {"uses.tsv",
			"account\tkind\tidentifier\tat\tuntil\tos\n" +
				"u1\tdevice\td9\t2018-10-09T18:14:00Z\t\tios\n" +
				"u1\tphone\t+86:1\t\t2018-10-09\t\n" +
				"u1\tip\t10.0.0.1\t1539108840\t\t\n" +
				"u1\tloyalty_card\tx\t1539108840123\t\t\n",
			[]string{
				"account:u1 USED_DEVICE device:d9 @2018-10-09T18:14:00Z os=ios",
				"account:u1 HAS_PHONE phone:+86:1 ~2018-10-09T00:00:00Z",
				"account:u1 USED_IP ip:10.0.0.1 @2018-10-09T18:14:00Z",
				"account:u1 HAS_LOYALTY_CARD loyalty_card:x @2018-10-09T18:14:00.123Z",
			}},
		"payments": {"payments.csv",
			"id,account,merchant,amount,currency,at,device,ip,beneficiary,credential,status,auth,refund_of,channel\n" +
				"P1,u17,appstore,648,cny,2018-10-09T18:15:10Z,dev-9f,1.2.3.4,game-77,aid-3,settled,password_free,,app\n" +
				"P2,u17,appstore,45.00,CNY,,,,,,refunded,,P1,\n",
			[]string{
				"account:u17 PAID merchant:appstore @2018-10-09T18:15:10Z !payment:P1 =648.00 CNY auth=password_free channel=app status=settled",
				"account:u17 PAID_TO beneficiary:game-77 @2018-10-09T18:15:10Z !payment:P1 =648.00 CNY status=settled",
				"account:u17 USED_DEVICE device:dev-9f @2018-10-09T18:15:10Z !payment:P1",
				"account:u17 USED_IP ip:1.2.3.4 @2018-10-09T18:15:10Z !payment:P1",
				"account:u17 HAS_CREDENTIAL credential:aid-3 @2018-10-09T18:15:10Z !payment:P1",
				"account:u17 PAID merchant:appstore !payment:P2 =45.00 CNY refund_of=P1 status=refunded",
			}},
		"transfers": {"transfers.csv",
			"id,from,to,amount,currency,at,device,ip,memo\nT1,a,b,12.5,JPY,2018-10-09 18:14,d,i,rent\n",
			[]string{
				"account:a TRANSFERRED_TO account:b @2018-10-09T18:14:00Z !transfer:T1 =12.5 JPY memo=rent",
				"account:a USED_DEVICE device:d @2018-10-09T18:14:00Z !transfer:T1",
				"account:a USED_IP ip:i @2018-10-09T18:14:00Z !transfer:T1",
			}},
		"claims": {"claims.csv",
			"id,account,device,replacement,shop,address,amount,currency,at,reason\nC1,a,d1,d2,s,road 1,600,USD,2018-10-09,screen\n",
			[]string{
				"account:a CLAIMED device:d1 @2018-10-09T00:00:00Z !claim:C1 =600.00 USD reason=screen",
				"account:a RECEIVED device:d2 @2018-10-09T00:00:00Z !claim:C1",
				"account:a CLAIMED_AT merchant:s @2018-10-09T00:00:00Z !claim:C1 =600.00 USD reason=screen",
				"account:a HAS_ADDRESS address:road 1 @2018-10-09T00:00:00Z !claim:C1",
			}},
		"messages": {"messages.jsonl",
			`{"id":"M1","account":"a","phone":"+1","content_hash":"ff","recipient":"r","recipients":20,"at":"2018-10-09T01:02:03.5Z","tags":["x"]}` + "\n",
			[]string{
				"account:a SENT_FROM phone:+1 @2018-10-09T01:02:03.5Z !message:M1 recipient=r recipients=20",
				`account:a SENT content:ff @2018-10-09T01:02:03.5Z !message:M1 recipient=r recipients=20 tags=["x"]`,
			}},
		"events": {"events.csv",
			"account,type,at,device,ip,credential,detail,agent\na,login,2018-10-09,d,i,c,ok,x\na,phished,2018-10-10,,,,,\n",
			[]string{
				"account:a . event/login=ok @2018-10-09T00:00:00Z",
				"account:a . agent=x @2018-10-09T00:00:00Z",
				"account:a . event/phished= @2018-10-10T00:00:00Z",
				"account:a USED_DEVICE device:d @2018-10-09T00:00:00Z",
				"account:a USED_IP ip:i @2018-10-09T00:00:00Z",
				"account:a HAS_CREDENTIAL credential:c @2018-10-09T00:00:00Z",
			}},
		"disputes": {"disputes.csv",
			"event,at,outcome,refunded,currency\nP1,2018-10-10,won,648,CNY\ntransfer:T1,2018-10-10,,,\n",
			[]string{
				"payment:P1 . dispute=won @2018-10-10T00:00:00Z",
				"payment:P1 . refunded=648.00 CNY @2018-10-10T00:00:00Z",
				"transfer:T1 . dispute=open @2018-10-10T00:00:00Z",
			}},
		"entities": {"entities.csv",
			"ref,name,two_factor,as_of\ncredential:aid-3,,TRUE,2018-10-10\ndevice:d,,,\nmerchant:appstore,App Store,,\n",
			[]string{
				"credential:aid-3 . two_factor=yes @2018-10-10T00:00:00Z",
				"device:d . =",
				"merchant:appstore . name=App Store",
			}},
		"links": {"links.csv",
			"from,to,kind,weight,at,until,why\n" +
				"credential:aid-3,phone:+861,HAS_PHONE,,2018-10-10,2018-10-11,\n" +
				"phone:+861,national_id:n,has_national_id,,,,x\n" +
				"account:a,account:b,,0.5,,,\n",
			[]string{
				"credential:aid-3 HAS_PHONE phone:+861 @2018-10-10T00:00:00Z ~2018-10-11T00:00:00Z",
				"phone:+861 HAS_NATIONAL_ID national_id:n why=x",
				"account:a ASSOCIATED account:b *0.5",
			}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, report := read(t, loaders.Options{}, write(t, t.TempDir(), tt.file, tt.text))
			slices.Sort(tt.want)
			require.Equal(t, tt.want, got)
			require.Zero(t, report.Rejected)
			require.Equal(t, int64(len(tt.want)), report.Links+report.Attrs)
		})
	}
}
