package ws

import (
	"bytes"
	"errors"
	"testing"
)

// serverFrame is a frame as a server sends it: without a mask.
func serverFrame(head byte, payload []byte) []byte {
	return append([]byte{head, byte(len(payload))}, payload...)
}

func TestFrames(t *testing.T) {
	for name, one := range map[string]struct {
		bytes []byte
		code  int
	}{
		"text":             {serverFrame(0x81, []byte("hello")), 0},
		"reserved bit":     {serverFrame(0xC1, []byte("x")), closeProtocol},
		"masked":           {[]byte{0x81, 0x81, 0, 0, 0, 0, 'x'}, closeProtocol},
		"unknown opcode":   {serverFrame(0x83, nil), closeProtocol},
		"fragmented ping":  {serverFrame(0x09, nil), closeProtocol},
		"long ping":        {[]byte{0x89, 126, 0, 126}, closeProtocol},
		"too long message": {[]byte{0x81, 127, 0, 0, 0, 1, 0, 0, 0, 0}, closeTooLong},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readFrame(bytes.NewReader(one.bytes), MostBytes)
			var closed *CloseError
			if one.code == 0 && err != nil || one.code != 0 && (!errors.As(err, &closed) || closed.Code != one.code) {
				t.Fatal(err)
			}
		})
	}
}

func TestMask(t *testing.T) {
	for _, size := range []int{0, 125, 126, 65_535, 65_536} {
		frame := masked(opText, bytes.Repeat([]byte("a"), size))
		if frame[0] != 0x81 || frame[1]&0x80 == 0 || len(frame) < size+6 {
			t.Fatal(size, frame[:2])
		}
	}
}

// FuzzReadFrame holds that no bytes of a server make the reader panic or hold more than it was sent.
func FuzzReadFrame(f *testing.F) {
	f.Add(serverFrame(0x81, []byte("hello")))
	f.Add([]byte{0x81, 126, 1, 0})
	f.Fuzz(func(t *testing.T, sent []byte) {
		found, err := readFrame(bytes.NewReader(sent), MostBytes)
		if err == nil && len(found.payload) > len(sent) {
			t.Fatal(len(found.payload))
		}
	})
}
