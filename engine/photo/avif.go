package photo

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed" // for the decoder
	"encoding/binary"
	"errors"
	"image"
	"io"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

//go:embed libavif/decode.wasm.gz
var libavif []byte

// memory is how much a decoder of AVIF may take, in pages of 64 KiB: 1 GiB, about what 40 megapixels need.
const memory = 1 << 14

// sandbox makes the decoder ready, once and not before there is an AVIF: it takes about a second.
var sandbox = sync.OnceValues(func() (instantiate func(context.Context) (decoder, error), err error) {
	packed, err := gzip.NewReader(bytes.NewReader(libavif))
	if err != nil {
		return nil, err
	}
	code, err := io.ReadAll(packed)
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	runtime := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithMemoryLimitPages(memory).WithCloseOnContextDone(true))
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, runtime); err != nil {
		return nil, err
	}
	compiled, err := runtime.CompileModule(ctx, code)
	if err != nil {
		return nil, err
	}
	// Each picture gets memory of its own: what a hostile one breaks is gone with it.
	return func(ctx context.Context) (decoder, error) {
		m, err := runtime.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().WithName(""))
		return decoder{m}, err
	}, nil
})

// decodeAVIF is the first picture of an AVIF, turned as it says.
func decodeAVIF(ctx context.Context, content []byte, pixels int) (image.Image, error) {
	instantiate, err := sandbox()
	if err != nil {
		return nil, err
	}
	d, err := instantiate(ctx)
	if err != nil {
		return nil, err
	}
	defer d.module.Close(context.WithoutCancel(ctx)) // it holds nothing but memory
	in, err := d.allocate(ctx, len(content))
	if err != nil {
		return nil, err
	}
	if !d.module.Memory().Write(in, content) {
		return nil, errDamaged
	}
	const fields = 4 // width, height, bits a sample, frames
	about, err := d.allocate(ctx, 4*fields+8)
	if err != nil {
		return nil, err
	}
	say := func(headOnly, out uint32) ([fields]int, error) {
		call := []uint64{uint64(in), uint64(len(content)), uint64(headOnly), 0}
		for k := range uint64(fields) {
			call = append(call, uint64(about)+4*k)
		}
		done, err := d.module.ExportedFunction("decode").Call(ctx, append(call, uint64(about)+4*fields, uint64(out))...)
		if err != nil || done[0] == 0 {
			return [fields]int{}, errors.Join(errDamaged, err, ctx.Err())
		}
		said, _ := d.module.Memory().Read(about, 4*fields)
		var head [fields]int
		for k := range head {
			head[k] = int(binary.LittleEndian.Uint32(said[4*k:]))
		}
		return head, nil
	}
	head, err := say(1, 0)
	if err != nil {
		return nil, err
	}
	width, height, depth := head[0], head[1], head[2]
	if width <= 0 || height <= 0 {
		return nil, errDamaged
	}
	if width > pixels || height > pixels/width {
		return nil, ErrTooLarge
	}
	sample := 1
	if depth > 8 {
		sample = 2
	}
	out, err := d.allocate(ctx, 4*width*height*sample)
	if err != nil {
		return nil, err
	}
	if again, err := say(0, out); err != nil || again != head {
		return nil, errors.Join(errDamaged, err)
	}
	raw, ok := d.module.Memory().Read(out, uint32(4*width*height*sample))
	if !ok {
		return nil, errDamaged
	}
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	if sample == 1 {
		copy(m.Pix, raw)
	} else {
		for i := range m.Pix {
			m.Pix[i] = uint8(binary.LittleEndian.Uint16(raw[2*i:]) >> (depth - 8))
		}
	}
	return turn(m, orientationAVIF(content)), nil
}

// decoder is libavif with memory of its own.
type decoder struct{ module api.Module }

// allocate is where in that memory there are n bytes.
func (d decoder) allocate(ctx context.Context, n int) (at uint32, err error) {
	got, err := d.module.ExportedFunction("malloc").Call(ctx, uint64(n))
	if err != nil {
		return 0, err
	}
	if got[0] == 0 {
		return 0, ErrTooLarge
	}
	return uint32(got[0]), nil
}

// orientationAVIF is how the picture's boxes (ISO/IEC 14496-12 and 23008-12) say that it is to be turned, as EXIF's tag would
// say it: by irot against the clock, then by imir over an axis. Both belong to the picture itself in every AVIF seen.
func orientationAVIF(content []byte) int {
	meta := box(content, "meta")
	if len(meta) < 4 {
		return 1
	}
	properties := box(box(meta[4:], "iprp"), "ipco")
	turns, mirror := 0, -1
	if b := box(properties, "irot"); len(b) > 0 {
		turns = int(b[0] & 3)
	}
	if b := box(properties, "imir"); len(b) > 0 {
		mirror = int(b[0] & 1)
	}
	// The rows are top to bottom mirrored (0), left to right mirrored (1), and not mirrored (-1).
	return [3][4]int{{1, 8, 3, 6}, {4, 5, 2, 7}, {2, 7, 4, 5}}[mirror+1][turns]
}

// box is what the first box of a name holds; nil when there is none or a box before it says more than there is.
func box(content []byte, name string) []byte {
	for len(content) >= 8 {
		size, head := uint64(binary.BigEndian.Uint32(content)), uint64(8)
		switch size {
		case 0: // to the end
			size = uint64(len(content))
		case 1:
			if len(content) < 16 {
				return nil
			}
			size, head = binary.BigEndian.Uint64(content[8:]), 16
		}
		if size < head || size > uint64(len(content)) {
			return nil
		}
		if string(content[4:8]) == name {
			return content[head:size]
		}
		content = content[size:]
	}
	return nil
}
