package ui

import (
	"fmt"
	"html/template"
	"math"
	"reflect"
	"strings"
	"time"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

var printers = map[string]*message.Printer{
	"en": message.NewPrinter(language.English),
	"zh": message.NewPrinter(language.SimplifiedChinese),
}

// Number groups an integer (any kind, or a pointer to one) as the language does. A nil pointer is a dash.
func (v *Visit) Number(n any) string {
	x, ok := indirect(n)
	if !ok {
		return "–"
	}
	return printers[v.Language].Sprint(number.Decimal(x, number.MaxFractionDigits(0)))
}

// Decimal shows x with so many digits after the point.
func (v *Visit) Decimal(n any, digits int) string {
	x, ok := indirect(n)
	if !ok {
		return "–"
	}
	return printers[v.Language].Sprint(number.Decimal(x, number.Scale(digits)))
}

// Percent shows a share of 0..1. Shares that are neither none nor all never round to 0% or 100%.
func (v *Visit) Percent(n any) string {
	x, ok := indirect(n)
	if !ok {
		return "–"
	}
	share := reflect.ValueOf(x).Convert(reflect.TypeFor[float64]()).Float()
	digits := 0
	for ; digits < 4; digits++ {
		rounded := math.Round(share*math.Pow10(digits+2)) / math.Pow10(digits+2)
		if rounded != 0 && rounded != 1 || rounded == share {
			break
		}
	}
	return printers[v.Language].Sprint(number.Percent(share, number.Scale(digits)))
}

// Compact shortens a great number: 12.3K, 4.5M; in Chinese 1.23万, 4.5亿. Where the exact figure matters, use Number.
func (v *Visit) Compact(n any) string {
	x, ok := indirect(n)
	if !ok {
		return "–"
	}
	f := reflect.ValueOf(x).Convert(reflect.TypeFor[float64]()).Float()
	steps := []struct {
		size float64
		unit string
	}{{1e9, "B"}, {1e6, "M"}, {1e3, "K"}}
	if v.Language == "zh" {
		steps = steps[:0]
		steps = append(steps, []struct {
			size float64
			unit string
		}{{1e8, "亿"}, {1e4, "万"}}...)
	}
	for _, s := range steps {
		if math.Abs(f) >= s.size {
			return printers[v.Language].Sprint(number.Decimal(f/s.size, number.Precision(3))) + s.unit
		}
	}
	return printers[v.Language].Sprint(number.Decimal(f, number.MaxFractionDigits(1)))
}

// Money names the currency and shows as many digits as it has: CNY 1,234.50, JPY 1,235. An integer is an amount in
// minor units, a float in major units; a nil pointer is a dash. Without a currency the number stands alone.
func (v *Visit) Money(amount any, code string) string {
	x, ok := indirect(amount)
	if !ok {
		return "–"
	}
	digits := 2
	if unit, err := currency.ParseISO(code); err == nil {
		digits, _ = currency.Standard.Rounding(unit)
	}
	value := reflect.ValueOf(x)
	major := 0.0
	if value.CanInt() {
		major = float64(value.Int()) / math.Pow10(digits)
	} else {
		major = value.Float()
	}
	text := printers[v.Language].Sprint(number.Decimal(major, number.Scale(digits)))
	if code == "" {
		return text
	}
	return code + "\u00a0" + text
}

func indirect(n any) (any, bool) {
	value := reflect.ValueOf(n)
	for value.IsValid() && value.Kind() == reflect.Pointer {
		value = value.Elem()
	}
	if !value.IsValid() || !value.CanInt() && !value.CanUint() && !value.CanFloat() {
		return nil, false
	}
	// Named types would bring their own String method along.
	switch {
	case value.CanInt():
		return value.Int(), true
	case value.CanUint():
		return value.Uint(), true
	}
	return value.Float(), true
}

// Clock is t in the person's zone to the minute, the year included.
func (v *Visit) Clock(t time.Time) string { return t.In(v.Zone).Format(layouts[v.Language].minute) }

// Day is t's day in the person's zone.
func (v *Visit) Day(t time.Time) string { return t.In(v.Zone).Format(layouts[v.Language].day) }

var layouts = map[string]struct{ day, minute, second string }{
	"en": {"2 Jan 2006", "2 Jan 2006 15:04", "Monday 2 January 2006 15:04:05"},
	"zh": {"2006年1月2日", "2006年1月2日 15:04", "2006年1月2日 15:04:05"},
}

// Ago says how long before or after Now t lies, in one rough unit: "3 h ago".
func (v *Visit) Ago(t time.Time) string {
	d := v.Now.Sub(t).Abs()
	rough := func(unit string, count int) string {
		if t.After(v.Now) {
			return v.N("ui.in."+unit, count)
		}
		return v.N("ui.ago."+unit, count)
	}
	switch {
	case d < time.Minute:
		return v.T("ui.ago.now")
	case d < time.Hour:
		return rough("minutes", int(d.Minutes()))
	case d < 48*time.Hour:
		return rough("hours", int(d.Hours()))
	case d < 60*24*time.Hour:
		return rough("days", int(d.Hours()/24))
	case d < 2*365*24*time.Hour:
		return rough("months", int(d.Hours()/24/30.44))
	}
	return rough("years", int(d.Hours()/24/365.25))
}

// timeElement is t as the page shows it. The exact moment with its zone is on hover and in the machine-readable attribute.
func (v *Visit) timeElement(t any, text func(time.Time) string, relative bool) template.HTML {
	var at time.Time
	switch t := t.(type) {
	case time.Time:
		at = t
	case *time.Time:
		if t != nil {
			at = *t
		}
	}
	if at.IsZero() {
		return `<span class="quiet">–</span>`
	}
	local := at.In(v.Zone)
	name, _ := local.Zone()
	offset := local.Format("-07:00")
	zone := "UTC" + strings.TrimPrefix(offset, "+00:00")
	if v.Zone != time.UTC && !strings.HasPrefix(name, "+") && !strings.HasPrefix(name, "-") && name != "UTC" {
		zone = name + ", " + zone
	}
	title := local.Format(layouts[v.Language].second) + " (" + zone + ")"
	var b strings.Builder
	fmt.Fprintf(&b, `<time datetime="%s" title="%s">%s`, at.UTC().Format(time.RFC3339), template.HTMLEscapeString(title), template.HTMLEscapeString(text(at)))
	if relative {
		fmt.Fprintf(&b, ` <span class="quiet ago">%s</span>`, template.HTMLEscapeString(v.Ago(at)))
	}
	b.WriteString("</time>")
	return template.HTML(b.String()) //nolint:gosec // every part is escaped above
}
