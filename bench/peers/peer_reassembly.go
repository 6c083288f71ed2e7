// SPDX-License-Identifier: MIT

// peer_reassembly: gopacket's package reassembly. A stream that begins without a SYN is taken up, as its example does
// with -allowmissinginit.
package main

import (
	"flag"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/reassembly"
)

type context struct{ ci gopacket.CaptureInfo }

func (c *context) GetCaptureInfo() gopacket.CaptureInfo { return c.ci }

type factory struct{}

func (factory) New(net, transport gopacket.Flow, tcp *layers.TCP, ac reassembly.AssemblerContext) reassembly.Stream {
	return &stream{net, transport}
}

type stream struct{ net, transport gopacket.Flow }

func (s *stream) Accept(tcp *layers.TCP, ci gopacket.CaptureInfo, dir reassembly.TCPFlowDirection,
	nextSeq reassembly.Sequence, start *bool, ac reassembly.AssemblerContext) bool {
	*start = true
	return true
}

func (s *stream) ReassembledSG(sg reassembly.ScatterGather, ac reassembly.AssemblerContext) {
	dir, _, _, skip := sg.Info()
	length, _ := sg.Lengths()
	if length == 0 && skip == 0 {
		return
	}
	net, transport := s.net, s.transport
	if dir == reassembly.TCPDirServerToClient {
		net, transport = net.Reverse(), transport.Reverse()
	}
	if skip == -1 && length == 0 {
		return
	}
	// All that is there, as its examples do: there is no other way to see more than the first piece.
	take(net, transport, skip, sg.Fetch(length))
}

func (s *stream) ReassemblyComplete(ac reassembly.AssemblerContext) bool { return true }

func main() {
	flag.Parse()
	assembler := reassembly.NewAssembler(reassembly.NewStreamPool(factory{}))
	assembler.MaxBufferedPagesPerConnection = *pagesConn
	assembler.MaxBufferedPagesTotal = *pagesTotal
	run(func(net gopacket.Flow, tcp *layers.TCP, ci gopacket.CaptureInfo) {
		assembler.AssembleWithContext(net, tcp, &context{ci})
	}, func(older time.Time) {
		// Not the idle connections: weir's own limit for those is 300 s.
		assembler.FlushWithOptions(reassembly.FlushOptions{T: older, TC: older.Add(-290 * time.Second)})
	})
	assembler.FlushAll()
	end()
}
