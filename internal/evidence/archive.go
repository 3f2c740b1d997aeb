package evidence

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// file is a file of an archive as its headers name it.
type file struct {
	path string
	size int64
	crc  uint32
}

// archive writes a ZIP in the one way a bundle is written (PKWARE APPNOTE 6.3.10): each file stored, of 1 January 1980, without extra fields, comments or
// data descriptors, the central directory right behind the last. So there is one archive of given files, and no room between them to hide anything in.
type archive struct {
	w      io.Writer
	offset int64
	files  []file
	starts []int64
}

func newArchive(w io.Writer) *archive { return &archive{w: w} }

const (
	localSignature   = 0x04034b50
	centralSignature = 0x02014b50
	endSignature     = 0x06054b50

	zipVersion = 20     // 2.0
	madeOnUnix = 3 << 8 // so that the permissions below are read
	utf8Names  = 1 << 11
	newYear    = 1<<5 | 1                // 1 January 1980, the first day of DOS time
	plainFile  = uint32(0o100_644) << 16 // a regular file, read by all
)

func (a *archive) write(b []byte) error {
	n, err := a.w.Write(b)
	a.offset += int64(n)
	return err
}

// common is what both headers of a file say.
func (f file) common() []byte {
	b := binary.LittleEndian.AppendUint16(nil, zipVersion)
	b = binary.LittleEndian.AppendUint16(b, utf8Names)
	b = binary.LittleEndian.AppendUint16(b, 0) // stored
	b = binary.LittleEndian.AppendUint16(b, 0) // midnight
	b = binary.LittleEndian.AppendUint16(b, newYear)
	b = binary.LittleEndian.AppendUint32(b, f.crc)
	b = binary.LittleEndian.AppendUint32(b, uint32(f.size))
	b = binary.LittleEndian.AppendUint32(b, uint32(f.size))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(f.path)))
	return binary.LittleEndian.AppendUint16(b, 0) // extra fields
}

// add writes one file, whose content has to be as the file says.
func (a *archive) add(f file, content io.Reader) error {
	if f.size > maxBytes || a.offset > maxBytes+maxBytes/2 || len(a.files) > MaxFiles+4 || len(f.path) > 1<<10 {
		return errors.New("over the bounds of a bundle")
	}
	a.files, a.starts = append(a.files, f), append(a.starts, a.offset)
	head := append(binary.LittleEndian.AppendUint32(nil, localSignature), f.common()...)
	if err := a.write(append(head, f.path...)); err != nil {
		return err
	}
	check := crc32.NewIEEE()
	n, err := io.Copy(io.MultiWriter(a.w, check), io.LimitReader(content, f.size+1))
	a.offset += n
	if err != nil {
		return err
	}
	if n != f.size || check.Sum32() != f.crc {
		return fmt.Errorf("%d bytes came, not the %d that were measured, or others", n, f.size)
	}
	return nil
}

// end writes the central directory.
func (a *archive) end() error {
	start := a.offset
	for i, f := range a.files {
		b := binary.LittleEndian.AppendUint32(nil, centralSignature)
		b = binary.LittleEndian.AppendUint16(b, madeOnUnix|zipVersion)
		b = append(b, f.common()...)
		b = binary.LittleEndian.AppendUint16(b, 0) // comment
		b = binary.LittleEndian.AppendUint16(b, 0) // disk
		b = binary.LittleEndian.AppendUint16(b, 0) // internal attributes
		b = binary.LittleEndian.AppendUint32(b, plainFile)
		b = binary.LittleEndian.AppendUint32(b, uint32(a.starts[i]))
		if err := a.write(append(b, f.path...)); err != nil {
			return err
		}
	}
	size := a.offset - start
	b := binary.LittleEndian.AppendUint32(nil, endSignature)
	b = binary.LittleEndian.AppendUint32(b, 0) // disks
	b = binary.LittleEndian.AppendUint16(b, uint16(len(a.files)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(a.files)))
	b = binary.LittleEndian.AppendUint32(b, uint32(size))
	b = binary.LittleEndian.AppendUint32(b, uint32(start))
	return a.write(binary.LittleEndian.AppendUint16(b, 0)) // comment
}
