// Package ws is a client for WebSockets (RFC 6455) that sends and receives text.
package ws

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the handshake of RFC 6455 asks for it; it protects nothing
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// MostBytes bounds one message, in bytes.
const MostBytes = 64 << 20

// Frame types of RFC 6455, section 5.2.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

// Codes of section 7.4.1 that this package sends.
const (
	closeNormal   = 1000
	closeProtocol = 1002
	closeBinary   = 1003
	closeText     = 1007
	closeTooLong  = 1009
)

// acceptSalt is the constant of section 1.3.
const acceptSalt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// CloseError is the end of a connection. Code 1006: it ended without a close frame.
type CloseError struct {
	Code   int
	Reason string
}

func (e *CloseError) Error() string {
	return fmt.Sprintf("the WebSocket was closed with %d %s", e.Code, e.Reason)
}

// HandshakeError is an answer that refuses the upgrade.
type HandshakeError struct {
	Status int
	Header http.Header
	Body   []byte
}

func (e *HandshakeError) Error() string {
	return fmt.Sprintf("the WebSocket was refused with status %d", e.Status)
}

// Conn is an open connection. One goroutine may read while others write.
type Conn struct {
	raw    net.Conn
	reader *bufio.Reader
	write  sync.Mutex
	once   sync.Once
}

// Dial opens a connection to a ws:// or wss:// address.
func Dial(ctx context.Context, address string, header http.Header) (*Conn, error) {
	target, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	raw, err := connect(ctx, target)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	conn, err := shake(raw, target, header)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		raw.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	return conn, nil
}

func connect(ctx context.Context, target *url.URL) (net.Conn, error) {
	port := target.Port()
	if port == "" {
		port = map[bool]string{true: "443", false: "80"}[target.Scheme == "wss"]
	}
	address := net.JoinHostPort(target.Hostname(), port)
	if target.Scheme != "wss" {
		return (&net.Dialer{}).DialContext(ctx, "tcp", address)
	}
	dialer := &tls.Dialer{Config: &tls.Config{ServerName: target.Hostname(), NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12}}
	return dialer.DialContext(ctx, "tcp", address)
}

func shake(raw net.Conn, target *url.URL, header http.Header) (*Conn, error) {
	var nonce [16]byte
	_, _ = rand.Read(nonce[:])
	key := base64.StdEncoding.EncodeToString(nonce[:])
	request := &http.Request{
		Method: "GET", URL: target, Host: target.Host, Header: header.Clone(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	request.Header.Set("Upgrade", "websocket")
	request.Header.Set("Connection", "Upgrade")
	request.Header.Set("Sec-WebSocket-Key", key)
	request.Header.Set("Sec-WebSocket-Version", "13")
	if err := request.Write(raw); err != nil {
		return nil, err
	}
	reader := bufio.NewReaderSize(raw, 64<<10)
	answer, err := http.ReadResponse(reader, request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
		return nil, &HandshakeError{Status: answer.StatusCode, Header: answer.Header, Body: body}
	}
	sum := sha1.Sum([]byte(key + acceptSalt)) //nolint:gosec // as above
	if answer.Header.Get("Sec-WebSocket-Accept") != base64.StdEncoding.EncodeToString(sum[:]) ||
		!strings.EqualFold(answer.Header.Get("Upgrade"), "websocket") {
		return nil, errors.New("the answer to the WebSocket handshake has the wrong Sec-WebSocket-Accept or Upgrade")
	}
	return &Conn{raw: raw, reader: reader}, nil
}

// Read returns the next text message. It answers pings. After an error the connection is closed.
func (c *Conn) Read(ctx context.Context) (string, error) {
	stop := context.AfterFunc(ctx, func() { _ = c.raw.SetReadDeadline(time.Unix(1, 0)) })
	message, err := c.read()
	stop()
	if err == nil {
		return message, nil
	}
	defer c.raw.Close()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	var closed *CloseError
	if errors.As(err, &closed) {
		c.sendClose(closed.Code)
		return "", err
	}
	return "", errors.Join(&CloseError{Code: 1006, Reason: "without a close frame"}, err)
}

func (c *Conn) read() (string, error) {
	var message []byte
	isOpen := false
	for {
		one, err := readFrame(c.reader, MostBytes-len(message))
		if err != nil {
			return "", err
		}
		switch one.op {
		case opPing:
			if err := c.send(opPong, one.payload); err != nil {
				return "", err
			}
			continue
		case opPong:
			continue
		case opClose:
			return "", closeOf(one.payload)
		case opBinary:
			return "", &CloseError{Code: closeBinary, Reason: "a binary message"}
		}
		if (one.op == opContinuation) != isOpen {
			return "", &CloseError{Code: closeProtocol, Reason: "a fragment out of order"}
		}
		isOpen = true
		message = append(message, one.payload...)
		if one.isFinal {
			if !utf8.Valid(message) {
				return "", &CloseError{Code: closeText, Reason: "not UTF-8"}
			}
			return string(message), nil
		}
	}
}

type frame struct {
	op      byte
	isFinal bool
	payload []byte
}

// readFrame reads one frame of a server, which is never masked.
func readFrame(source io.Reader, most int) (frame, error) {
	var head [2]byte
	if _, err := io.ReadFull(source, head[:]); err != nil {
		return frame{}, err
	}
	found := frame{op: head[0] & 0x0f, isFinal: head[0]&0x80 != 0}
	isControl := found.op >= opClose
	length := uint64(head[1] & 0x7f)
	isKnown := found.op <= opBinary || found.op >= opClose && found.op <= opPong
	if head[0]&0x70 != 0 || head[1]&0x80 != 0 || !isKnown || isControl && (length > 125 || !found.isFinal) {
		return frame{}, &CloseError{Code: closeProtocol, Reason: "a frame that breaks the protocol"}
	}
	if length >= 126 {
		extended := make([]byte, map[bool]int{true: 2, false: 8}[length == 126])
		if _, err := io.ReadFull(source, extended); err != nil {
			return frame{}, err
		}
		length = 0
		for _, one := range extended {
			length = length<<8 | uint64(one)
		}
	}
	if length > uint64(max(most, 125)) {
		return frame{}, &CloseError{Code: closeTooLong, Reason: "a message that is too long"}
	}
	payload, err := io.ReadAll(io.LimitReader(source, int64(length)))
	if err == nil && uint64(len(payload)) < length {
		err = io.ErrUnexpectedEOF
	}
	found.payload = payload
	return found, err
}

func closeOf(payload []byte) *CloseError {
	if len(payload) < 2 {
		return &CloseError{Code: 1005, Reason: "without a code"}
	}
	return &CloseError{Code: int(binary.BigEndian.Uint16(payload)), Reason: string(payload[2:])}
}

// Write sends a text message.
func (c *Conn) Write(ctx context.Context, message string) error {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(30 * time.Second)
	}
	_ = c.raw.SetWriteDeadline(deadline)
	return c.send(opText, []byte(message))
}

func (c *Conn) send(op byte, payload []byte) error {
	c.write.Lock()
	defer c.write.Unlock()
	_, err := c.raw.Write(masked(op, payload))
	return err
}

// masked is a frame of a client, whose payload is masked (section 5.3).
func masked(op byte, payload []byte) []byte {
	out := []byte{0x80 | op}
	switch n := len(payload); {
	case n < 126:
		out = append(out, 0x80|byte(n))
	case n < 1<<16:
		out = binary.BigEndian.AppendUint16(append(out, 0x80|126), uint16(n))
	default:
		out = binary.BigEndian.AppendUint64(append(out, 0x80|127), uint64(n))
	}
	var mask [4]byte
	_, _ = rand.Read(mask[:])
	out = append(out, mask[:]...)
	for n, one := range payload {
		out = append(out, one^mask[n%4])
	}
	return out
}

func (c *Conn) sendClose(code int) {
	if code == 1005 || code == 1006 {
		code = closeNormal
	}
	c.once.Do(func() {
		_ = c.raw.SetWriteDeadline(time.Now().Add(time.Second))
		_ = c.send(opClose, binary.BigEndian.AppendUint16(nil, uint16(code)))
	})
}

// Close says good-bye and closes the connection.
func (c *Conn) Close() error {
	c.sendClose(closeNormal)
	return c.raw.Close()
}
