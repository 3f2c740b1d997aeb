package detect

import (
	"errors"
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// weights are a result's signals as a map of CEL, in which what is absent weighs nothing: a rule that asks for a signal that a listing does not
// have is a rule that does not hold, not an error. It copies nothing.
type weights struct{ signals []Signal }

var _ traits.Mapper = weights{}

func (w weights) weight(key ref.Val) (float64, bool) {
	name, ok := key.(types.String)
	if !ok {
		return 0, false
	}
	for i := range w.signals {
		if w.signals[i].Name == string(name) {
			return w.signals[i].Weight, true
		}
	}
	return 0, false
}

// Get is traits.Indexer's: 0 for a signal that is absent.
func (w weights) Get(key ref.Val) ref.Val {
	weight, _ := w.weight(key)
	return types.Double(weight)
}

// Find is traits.Mapper's.
func (w weights) Find(key ref.Val) (ref.Val, bool) { return w.Get(key), true }

// Contains is traits.Container's: whether the listing has the signal.
func (w weights) Contains(key ref.Val) ref.Val {
	_, has := w.weight(key)
	return types.Bool(has)
}

// Size is traits.Sizer's.
func (w weights) Size() ref.Val { return types.Int(len(w.signals)) }

// Iterator is traits.Iterable's: over the names.
func (w weights) Iterator() traits.Iterator {
	names := make([]string, len(w.signals))
	for i := range w.signals {
		names[i] = w.signals[i].Name
	}
	return types.NewStringList(types.DefaultTypeAdapter, names).Iterator()
}

// ConvertToNative is ref.Val's.
func (w weights) ConvertToNative(reflect.Type) (any, error) {
	return nil, errors.New("signals stay in the condition")
}

// ConvertToType is ref.Val's.
func (w weights) ConvertToType(to ref.Type) ref.Val {
	if to == types.TypeType {
		return types.MapType
	}
	if to == types.MapType {
		return w
	}
	return types.NewErr("signals cannot become %s", to)
}

// Equal is ref.Val's.
func (w weights) Equal(other ref.Val) ref.Val {
	o, ok := other.(weights)
	if !ok || len(o.signals) != len(w.signals) {
		return types.False
	}
	for i := range w.signals {
		if weight, has := o.weight(types.String(w.signals[i].Name)); !has || weight != w.signals[i].Weight {
			return types.False
		}
	}
	return types.True
}

// Type is ref.Val's.
func (w weights) Type() ref.Type { return types.MapType }

// Value is ref.Val's.
func (w weights) Value() any { return w.signals }
