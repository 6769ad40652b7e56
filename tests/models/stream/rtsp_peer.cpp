// SPDX-License-Identifier: Apache-2.0
// A network camera: RTSP over TCP, JPEG over RTP in the same connection, sender reports of its clock. It sees
// what sim-camera sees of a world, or the time of each exposure drawn into the picture.
//
//   rtsp_camera_peer WORLD PORT CONTROL [--size WxH] [--fps N] [--marks] [--warm-up N] [--setting
//   KEY=VALUE]...
//
// rtsp://127.0.0.1:PORT/front and /back. The first N pictures of a connection
// are of half the size. Prints "ready". CONTROL is a file of one line, read before each
// picture, of what goes wrong from now on:
//   (empty)          nothing
//   stall            nothing is sent any more, the connection stays
//   hold             goes on exposing and keeps it to itself; at the next word all of it is sent at once
//   late MS          each picture is sent so long after its exposure
//   freeze           the same picture again and again, with new time stamps
//   still            the same picture with the same time stamp
//   no-report        says no clock (asked when a connection begins)
//   clock MS         its clock is so far ahead; negative: behind (asked when a connection begins)
//   garbage          the picture's data are random bytes
//   cut              the second half of each picture is missing
//   noise            random bytes in place of RTP
//   size WxH         pictures of another size
//   close            connections are closed
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <turbojpeg.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <deque>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <thread>

#include "models/stream/rtp_jpeg.hpp"
#include "models/stream/scene.hpp"
#include "models/stream/time_mark.hpp"

namespace {

using namespace ktp::model;
using namespace std::chrono;

struct Peer {
  std::unique_ptr<Scene> scene;
  std::string control;
  int width = 1400, height = 960, fps = 15;
  bool marks = false;
  int warm_up = 0;
};

std::int64_t wall_us() {
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}
std::uint64_t mono_ms() {
  return static_cast<std::uint64_t>(
      duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count());
}
std::uint32_t rtp_clock(std::int64_t us) {
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(us) * 9 / 100);
}

/// The word now in force and what follows it.
std::pair<std::string, std::string> fault(const Peer& peer) {
  std::ifstream in(peer.control);
  std::string word, rest;
  in >> word >> rest;
  return {word, rest};
}

Bytes encode(const sim::Picture& picture) {
  constexpr int kQuality = 92;
  const std::unique_ptr<void, int (*)(tjhandle)> coder(tjInitCompress(), tjDestroy);
  unsigned char* out = nullptr;
  unsigned long size = 0;
  if (tjCompress2(coder.get(), picture.rgb.data(), picture.width, 0, picture.height, TJPF_RGB, &out, &size,
                  TJSAMP_420, kQuality, 0) != 0)
    return {};
  Bytes bytes(out, out + size);
  tjFree(out);
  return bytes;
}

class Line {
 public:
  explicit Line(int fd) : fd_(fd) {}
  ~Line() { ::close(fd_); }
  bool send(const void* data, std::size_t size) const {
    return ::send(fd_, data, size, MSG_NOSIGNAL) == static_cast<ssize_t>(size);
  }
  bool packet(std::uint8_t channel, const Bytes& bytes) const {
    Bytes framed{'$', channel, static_cast<std::uint8_t>(bytes.size() >> 8),
                 static_cast<std::uint8_t>(bytes.size())};
    framed.insert(framed.end(), bytes.begin(), bytes.end());
    return send(framed.data(), framed.size());
  }
  /// One request up to its empty line; false: the client has gone.
  bool request(std::string& text) const {
    text.clear();
    char byte = 0;
    while (text.size() < 4'096 && ::recv(fd_, &byte, 1, 0) == 1) {
      text += byte;
      if (text.ends_with("\r\n\r\n")) return true;
    }
    return false;
  }
  [[nodiscard]] bool gone() const {
    char bytes[512];
    const ssize_t got = ::recv(fd_, bytes, sizeof bytes, MSG_DONTWAIT);
    return got == 0 ||
           (got > 0 && std::string_view(bytes, static_cast<std::size_t>(got)).starts_with("TEARDOWN"));
  }

 private:
  int fd_;
};

struct Exposed {
  std::int64_t wall = 0;
  Bytes jpeg;
};

Exposed expose(Peer& peer, std::uint32_t side, Exposed& last, std::uint64_t& drawn, const std::string& word,
               const std::string& rest) {
  Exposed now;
  now.wall = wall_us();
  if ((word == "freeze" || word == "still") && !last.jpeg.empty()) {
    now.jpeg = last.jpeg;
    if (word == "still") now.wall = last.wall;
    return now;
  }
  int width = peer.width, height = peer.height;
  if (word == "size") std::sscanf(rest.c_str(), "%dx%d", &width, &height);
  sim::Picture picture;
  std::uint64_t seen = drawn + 1;
  if (peer.marks || word == "size") {
    picture.width = width;
    picture.height = height;
    picture.rgb.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3, 52);
    draw_mark(picture.rgb.data(), width, mono_ms());
  } else {
    picture = peer.scene->look(side, seen);
  }
  now.jpeg = seen == drawn && !last.jpeg.empty() ? last.jpeg : encode(picture);
  drawn = seen;
  last = now;
  return now;
}

bool stream(Peer& peer, const Line& line, std::uint32_t side) {
  const auto [first_word, first_rest] = fault(peer);
  const std::int64_t ahead = first_word == "clock" ? std::atoll(first_rest.c_str()) * 1'000 : 0;
  std::mt19937 random(side + 1);
  std::uint16_t sequence = 7;
  std::uint64_t drawn = 0;
  const std::uint32_t source = 0x4B545000 + side;
  Exposed last;
  std::deque<Exposed> kept;
  auto next = steady_clock::now();
  std::int64_t reported = 0;
  int made = 0;
  while (!line.gone()) {
    const auto [word, rest] = fault(peer);
    if (word == "close") return true;
    if (made++ < peer.warm_up)
      kept.push_back(expose(peer, side, last, drawn, "size",
                            std::to_string(peer.width / 2) + "x" + std::to_string(peer.height / 2)));
    else
      kept.push_back(expose(peer, side, last, drawn, word, rest));
    const std::int64_t late = word == "late" ? std::atoll(rest.c_str()) * 1'000 : 0;
    if (word == "stall") kept.clear();
    while (!kept.empty() && word != "hold" && wall_us() >= kept.front().wall + late) {
      Exposed one = std::move(kept.front());
      kept.pop_front();
      auto packets = rtp_packets(one.jpeg, rtp_clock(one.wall), source, sequence);
      if (word == "cut" && packets.size() > 1) {
        // Whole for whoever looks at the packets alone: the last one says that it is the last.
        packets.resize(packets.size() / 2);
        packets.back()[1] |= 0x80;
      }
      for (auto& packet : packets) {
        constexpr std::size_t kHeaders = 20 + 132;
        if (word == "garbage")
          for (std::size_t i = kHeaders; i < packet.size(); ++i)
            packet[i] = static_cast<std::uint8_t>(random());
        if (word == "noise")
          for (auto& byte : packet) byte = static_cast<std::uint8_t>(random());
        if (!line.packet(0, packet)) return false;
      }
      // After the first picture, as cameras do, then once a second.
      if (word != "no-report" && first_word != "no-report" && one.wall - reported > 1'000'000) {
        const std::int64_t now = wall_us();
        if (!line.packet(1, sender_report(now + ahead, rtp_clock(now), source))) return false;
        reported = one.wall;
      }
    }
    next += microseconds(1'000'000 / peer.fps);
    std::this_thread::sleep_until(next);
  }
  return true;
}

void serve(Peer& peer, int fd) {
  const int yes = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  const Line line(fd);
  std::string text;
  while (line.request(text)) {
    const auto number = text.find("CSeq:");
    std::string answer =
        "RTSP/1.0 200 OK\r\nCSeq:" +
        (number == std::string::npos ? " 0" : text.substr(number + 5, text.find('\r', number) - number - 5)) +
        "\r\nSession: 4711\r\n";
    std::string body;
    const std::string url =
        text.substr(text.find(' ') + 1, text.find(' ', text.find(' ') + 1) - text.find(' ') - 1);
    const bool back = url.find("/back") != std::string::npos;
    if (text.starts_with("OPTIONS")) {
      answer += "Public: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n";
    } else if (text.starts_with("DESCRIBE")) {
      body =
          "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
          "m=video 0 RTP/AVP 26\r\na=control:" +
          url + "/1\r\n";
      answer += "Content-Type: application/sdp\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    } else if (text.starts_with("SETUP")) {
      if (text.find("RTP/AVP/TCP") == std::string::npos) answer.replace(9, 6, "461 No");
      answer += "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";
    }
    answer += "\r\n" + body;
    if (!line.send(answer.data(), answer.size())) return;
    if (text.starts_with("PLAY")) {
      stream(peer, line, back ? 1 : 0);
      return;
    }
  }
}

int usage() {
  std::fputs(
      "rtsp_camera_peer WORLD PORT CONTROL [--size WxH] [--fps N] [--marks] [--setting KEY=VALUE]...\n",
      stderr);
  return 64;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return usage();
  std::signal(SIGPIPE, SIG_IGN);
  Peer peer;
  peer.control = argv[3];
  drivers_test::SettingsMap settings{{"seed", "1"}, {"world", argv[1]}};
  for (int i = 4; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--marks") {
      peer.marks = true;
      continue;
    }
    const std::string value = i + 1 < argc ? argv[++i] : "";
    if (word == "--warm-up") {
      peer.warm_up = std::atoi(value.c_str());
    } else if (word == "--fps") {
      peer.fps = std::max(1, std::atoi(value.c_str()));
    } else if (word == "--setting" && value.find('=') != std::string::npos) {
      settings[value.substr(0, value.find('='))] = value.substr(value.find('=') + 1);
    } else if (word != "--size" || std::sscanf(value.c_str(), "%dx%d", &peer.width, &peer.height) != 2) {
      return usage();
    }
  }
  settings["width"] = std::to_string(peer.width);
  settings["height"] = std::to_string(peer.height);
  if (!peer.marks) peer.scene = std::make_unique<Scene>(settings, peer.width, peer.height);
  const int door = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
  ::setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  at.sin_port = ::htons(static_cast<std::uint16_t>(std::atoi(argv[2])));
  if (::bind(door, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || ::listen(door, 8) != 0) {
    std::perror("rtsp_camera_peer");
    return 1;
  }
  std::puts("ready");
  std::fflush(stdout);
  while (true) {
    const int fd = ::accept4(door, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) std::thread(serve, std::ref(peer), fd).detach();
  }
}
