// SPDX-License-Identifier: MIT
//
// peer_libtins: a FileSniffer feeds a StreamFollower, whose streams hand over their payload and forget it, as its
// tutorial does. Its own limits on what a stream may hold (512 chunks, 3 MiB) are left as they are; it has no call to
// change them.
#include <tins/tcp_ip/stream_follower.h>
#include <tins/tins.h>

#include <algorithm>

#include "peer.h"

using Tins::FileSniffer;
using Tins::Packet;
using Tins::TCPIP::Stream;
using Tins::TCPIP::StreamFollower;

namespace {

peer the_peer;

peer_record whose(const Stream &stream, bool from_client)
{
    peer_record record = {};
    uint8_t *client = from_client ? record.src : record.dst;
    uint8_t *server = from_client ? record.dst : record.src;
    record.family = stream.is_v6() ? 6 : 4;
    record.src_port = from_client ? stream.client_port() : stream.server_port();
    record.dst_port = from_client ? stream.server_port() : stream.client_port();
    if (stream.is_v6()) {
        stream.client_addr_v6().copy(client);
        stream.server_addr_v6().copy(server);
    } else {
        const uint32_t c = stream.client_addr_v4(), s = stream.server_addr_v4();
        memcpy(client, &c, sizeof c);
        memcpy(server, &s, sizeof s);
    }
    return record;
}

void take(const Stream &stream, bool from_client, const Stream::payload_type &payload)
{
    peer_record record = {};
    if (the_peer.check) record = whose(stream, from_client);
    peer_take(&the_peer, &record, payload.data(), payload.size());
}

void on_new_stream(Stream &stream)
{
    stream.client_data_callback([](Stream &s) { take(s, true, s.client_payload()); });
    stream.server_data_callback([](Stream &s) { take(s, false, s.server_payload()); });
}

} // namespace

int main(int argc, char **argv)
{
    the_peer = peer_begin(argc, argv);
    try {
        FileSniffer sniffer(the_peer.file);
        StreamFollower follower;
        follower.new_stream_callback(&on_new_stream);
        follower.stream_termination_callback([](Stream &, StreamFollower::TerminationReason) {});
        sniffer.sniff_loop([&](Packet &packet) {
            the_peer.packets++;
            follower.process_packet(packet);
            return true;
        });
        return peer_end(&the_peer);
    } catch (const std::exception &e) {
        return peer_failed(e.what());
    }
}
