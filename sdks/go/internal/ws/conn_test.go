package ws

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// serve accepts one connection, answers its handshake and plays `script` over it.
func serve(t *testing.T, script func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		request, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			return
		}
		sum := sha1.Sum([]byte(request.Header.Get("Sec-WebSocket-Key") + acceptSalt))
		fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
			base64.StdEncoding.EncodeToString(sum[:]))
		script(conn)
	}()
	return "ws://" + listener.Addr().String() + "/ws"
}

func dial(t *testing.T, address string) (*Conn, context.Context) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	conn, err := Dial(ctx, address, http.Header{})
	if err != nil {
		t.Fatal(err)
	}
	return conn, ctx
}

func TestFragmentsAndPings(t *testing.T) {
	pongs := make(chan []byte, 1)
	conn, ctx := dial(t, serve(t, func(peer net.Conn) {
		for _, frame := range [][]byte{
			serverFrame(0x01, []byte("gr\xc3")), serverFrame(0x89, []byte("hi")), serverFrame(0x8A, nil), serverFrame(0x80, []byte("\xb6\xc3\x9fer")),
		} {
			_, _ = peer.Write(frame)
		}
		got := make([]byte, 8)
		_, _ = peer.Read(got)
		pongs <- got
		_, _ = peer.Write(serverFrame(0x88, []byte{0x03, 0xE9, 'b', 'y', 'e'}))
	}))
	if message, err := conn.Read(ctx); err != nil || message != "größer" {
		t.Fatal(message, err)
	}
	if got := <-pongs; got[0] != 0x8A || got[1] != 0x82 {
		t.Fatal(got)
	}
	_, err := conn.Read(ctx)
	var closed *CloseError
	if !errors.As(err, &closed) || closed.Code != 1001 || closed.Reason != "bye" || !strings.Contains(err.Error(), "1001") {
		t.Fatal(err)
	}
}

func TestWhatAServerMustNotSend(t *testing.T) {
	for name, one := range map[string]struct {
		frames [][]byte
		code   int
	}{
		"binary":              {[][]byte{serverFrame(0x82, []byte("x"))}, closeBinary},
		"no text":             {[][]byte{serverFrame(0x81, []byte("\xff"))}, closeText},
		"continuation first":  {[][]byte{serverFrame(0x80, []byte("x"))}, closeProtocol},
		"text in a fragment":  {[][]byte{serverFrame(0x01, []byte("x")), serverFrame(0x81, []byte("x"))}, closeProtocol},
		"close without code":  {[][]byte{serverFrame(0x88, nil)}, 1005},
		"end without a close": {nil, 1006},
		"end inside a frame":  {[][]byte{{0x81, 5, 'x'}}, 1006},
	} {
		t.Run(name, func(t *testing.T) {
			conn, ctx := dial(t, serve(t, func(peer net.Conn) {
				for _, frame := range one.frames {
					_, _ = peer.Write(frame)
				}
			}))
			_, err := conn.Read(ctx)
			var closed *CloseError
			if !errors.As(err, &closed) || closed.Code != one.code {
				t.Fatal(err)
			}
		})
	}
}

func TestWriteAndLeave(t *testing.T) {
	got := make(chan string, 1)
	conn, ctx := dial(t, serve(t, func(peer net.Conn) {
		frame := make([]byte, 64)
		n, _ := peer.Read(frame)
		mask, payload := frame[2:6], frame[6:n]
		for i := range payload {
			payload[i] ^= mask[i%4]
		}
		got <- string(payload)
	}))
	if err := conn.Write(ctx, "hello"); err != nil {
		t.Fatal(err)
	}
	if text := <-got; text != "hello" {
		t.Fatal(text)
	}
	conn.Close()
}

func TestAReadEndsWithItsContext(t *testing.T) {
	stay := make(chan struct{})
	defer close(stay)
	conn, _ := dial(t, serve(t, func(net.Conn) { <-stay }))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := conn.Read(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestHandshakes(t *testing.T) {
	for name, answer := range map[string]string{
		"refused":      "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
		"wrong accept": "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n",
		"no HTTP":      "hello\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			go func() {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				_, _ = http.ReadRequest(bufio.NewReader(conn))
				_, _ = conn.Write([]byte(answer))
			}()
			_, err = Dial(context.Background(), "ws://"+listener.Addr().String(), http.Header{})
			var refused *HandshakeError
			if err == nil || name == "refused" && (!errors.As(err, &refused) || refused.Status != 403 || !strings.Contains(err.Error(), "403")) {
				t.Fatal(err)
			}
		})
	}
	if _, err := Dial(context.Background(), "wss://127.0.0.1:9/", http.Header{}); err == nil {
		t.Fatal("nothing listens there")
	}
}
