// SPDX-License-Identifier: MIT

// What the peers in Go have in common: as peer.h, and how a capture is read.
//
// Packets are read without a copy and decoded into layers that are used again, the fastest way that gopacket's
// documentation gives (ZeroCopyReadPacketData, DecodingLayerParser).
package main

import (
	"bufio"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcap"
)

var (
	check      = flag.Bool("check", false, "write what was delivered as records")
	pagesConn  = flag.Int("pages-conn", 0, "MaxBufferedPagesPerConnection")
	pagesTotal = flag.Int("pages-total", 0, "MaxBufferedPagesTotal")
	olderThan  = flag.Duration("older-than", 0, "flush what has waited longer; 0: only at the end")
	flushEvery = flag.Duration("flush-every", time.Second, "of packet time, how often to look for it")

	packets, delivered, touched uint64

	out = bufio.NewWriterSize(os.Stdout, 1<<18)
)

func touch(data []byte) (sum uint64) {
	for len(data) >= 8 {
		sum += binary.LittleEndian.Uint64(data)
		data = data[8:]
	}
	var tail uint64
	for i, b := range data {
		tail |= uint64(b) << (8 * uint(i))
	}
	return sum + tail
}

// take is given bytes that the library delivered; skipped as in record.h.
func take(net, transport gopacket.Flow, skipped int, data []byte) {
	delivered += uint64(len(data))
	if !*check {
		touched += touch(data)
		return
	}
	var record [56]byte
	src, dst := net.Src().Raw(), net.Dst().Raw()
	record[0] = 4
	if len(src) == 16 {
		record[0] = 6
	}
	binary.LittleEndian.PutUint16(record[2:], binary.BigEndian.Uint16(transport.Src().Raw()))
	binary.LittleEndian.PutUint16(record[4:], binary.BigEndian.Uint16(transport.Dst().Raw()))
	binary.LittleEndian.PutUint32(record[8:], uint32(len(data)))
	binary.LittleEndian.PutUint64(record[16:], uint64(int64(skipped)))
	copy(record[24:40], src)
	copy(record[40:56], dst)
	out.Write(record[:])
	out.Write(data)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// Each segment of the file goes to segment; flush is called every flushEvery of packet time, if something is to be
// flushed by age.
func run(segment func(net gopacket.Flow, tcp *layers.TCP, ci gopacket.CaptureInfo), flush func(now time.Time)) {
	handle, err := pcap.OpenOffline(flag.Arg(0))
	if err != nil {
		fail(err)
	}
	var eth layers.Ethernet
	var ip4 layers.IPv4
	var ip6 layers.IPv6
	var tcp layers.TCP
	parser := gopacket.NewDecodingLayerParser(layers.LayerTypeEthernet, &eth, &ip4, &ip6, &tcp)
	decoded := make([]gopacket.LayerType, 0, 8)
	var next time.Time
	for {
		data, ci, err := handle.ZeroCopyReadPacketData()
		if err == io.EOF {
			return
		}
		if err != nil {
			fail(err)
		}
		packets++
		_ = parser.DecodeLayers(data, &decoded)
		if n := len(decoded); n > 1 && decoded[n-1] == layers.LayerTypeTCP {
			if decoded[n-2] == layers.LayerTypeIPv4 {
				segment(ip4.NetworkFlow(), &tcp, ci)
			} else {
				segment(ip6.NetworkFlow(), &tcp, ci)
			}
		}
		if *olderThan > 0 && !ci.Timestamp.Before(next) {
			flush(ci.Timestamp.Add(-*olderThan))
			next = ci.Timestamp.Add(*flushEvery)
		}
	}
}

// end is the last call: says what was done, and waits until its memory was looked at.
func end() {
	if *check {
		out.Flush()
		return
	}
	fmt.Printf("packets=%d delivered=%d touched=%d\n", packets, delivered, touched)
	io.Copy(io.Discard, os.Stdin)
}
