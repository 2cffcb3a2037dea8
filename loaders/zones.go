package loaders

import (
	"strings"
	"time"
)

// zoneColumn is the column that Table.ZoneFrom names; index is -1 if the file
// lacks it.
type zoneColumn struct {
	name  string
	index int
}

// ownZone finds the zone column. A file need not have it, and it stays a
// property where it is one.
func (c *compiler) ownZone() zoneColumn {
	if i, ok := c.index[c.table.ZoneFrom]; ok && c.table.ZoneFrom != "" {
		return zoneColumn{c.table.ZoneFrom, i}
	}
	return zoneColumn{index: -1}
}

// inOwnZone is the format in the zone that the row names, if it names one.
func (f *facts) inOwnZone(format *timeFormat, values []string) (*timeFormat, *problem) {
	column := f.plan.zone
	if column.index < 0 || values[column.index] == "" {
		return format, nil
	}
	name := values[column.index]
	zone, ok := f.zones[name]
	if !ok {
		var err error
		if zone, err = time.LoadLocation(name); err != nil || name == "Local" { // that is the machine's, not the row's
			return nil, &problem{column.name, "not the name of a time zone, such as Asia/Shanghai"}
		}
		if f.zones == nil {
			f.zones = make(map[string]*time.Location)
		}
		f.zones[strings.Clone(name)] = zone // values lie in large blocks
	}
	own := *format
	own.zone = zone
	return &own, nil
}
