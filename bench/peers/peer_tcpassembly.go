// SPDX-License-Identifier: MIT

// peer_tcpassembly: gopacket's older package. Its documentation asks for FlushOlderThan from time to time.
package main

import (
	"flag"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/tcpassembly"
)

type factory struct{}

func (factory) New(net, transport gopacket.Flow) tcpassembly.Stream { return &stream{net, transport} }

type stream struct{ net, transport gopacket.Flow }

func (s *stream) Reassembled(pieces []tcpassembly.Reassembly) {
	for _, p := range pieces {
		if len(p.Bytes) > 0 || p.Skip > 0 {
			take(s.net, s.transport, p.Skip, p.Bytes)
		}
	}
}

func (s *stream) ReassemblyComplete() {}

func main() {
	flag.Parse()
	assembler := tcpassembly.NewAssembler(tcpassembly.NewStreamPool(factory{}))
	assembler.MaxBufferedPagesPerConnection = *pagesConn
	assembler.MaxBufferedPagesTotal = *pagesTotal
	run(func(net gopacket.Flow, tcp *layers.TCP, ci gopacket.CaptureInfo) {
		assembler.AssembleWithTimestamp(net, tcp, ci.Timestamp)
	}, func(older time.Time) {
		assembler.FlushWithOptions(tcpassembly.FlushOptions{T: older})
	})
	assembler.FlushAll()
	end()
}
