// SPDX-License-Identifier: Apache-2.0
// A tethered still camera: a PTP responder (ISO 15740) over TCP (PTP/IP, CIPA DC-005), byte by byte. It sees
// what sim-camera sees of a world, or draws the time of each exposure.
//
//   ptpip_camera_peer WORLD PORT SIDE CONTROL [--size WxH] [--marks] [--setting KEY=VALUE]...
//
// SIDE: front or back. Prints "ready". CONTROL is a file of one line, read at each release:
//   (empty)    nothing is wrong
//   silent     released, and never says what came of it
//   late MS    says so that much later
//   old        says that the picture before is the new one
//   by-hand    somebody presses the button of the camera, at once and once
//   freeze     a new file with the old picture in it
//   garbage    the file is random bytes
//   cut        half of the file is missing
//   empty      a file of no bytes
//   size WxH   a picture of another size
//   huge       a file of 200 MB by its own word
//   full       no room for another picture
//   busy       the camera is busy
//   noise      random bytes in place of an answer
//   hang       no answer any more
//   close      hangs up
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <turbojpeg.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "models/stream/scene.hpp"
#include "models/stream/time_mark.hpp"

namespace {

using namespace ktp::model;
using namespace std::chrono;
using Bytes = std::vector<std::uint8_t>;

// Packets of PTP/IP.
enum : std::uint32_t {
  kInitCommand = 1,
  kInitCommandAck,
  kInitEvent,
  kInitEventAck,
  kCommand = 6,
  kResponse,
  kEvent,
  kStartData,
  kData,
  kEndData = 12,
  kPing,
  kPong
};
// Operations, answers and events of PTP.
enum : std::uint16_t {
  kGetDeviceInfo = 0x1001,
  kOpenSession,
  kCloseSession,
  kGetStorageIDs,
  kGetStorageInfo,
  kGetNumObjects,
  kGetObjectHandles,
  kGetObjectInfo,
  kGetObject,
  kGetThumb,
  kDeleteObject,
  kInitiateCapture = 0x100E,
  kGetDevicePropDesc = 0x1014,
  kGetDevicePropValue,
  kSetDevicePropValue,
  kOk = 0x2001,
  kUnsupported = 0x2005,
  kBadHandle = 0x2009,
  kStoreFull = 0x200C,
  kBusy = 0x2019,
  kBadValue = 0x201C,
  kObjectAdded = 0x4002,
  kCaptureComplete = 0x400D,
  kExposureTime = 0x500D,
  kIso = 0x500F,
  kJpeg = 0x3801,
  kFolder = 0x3001
};
constexpr std::uint32_t kStore = 0x00010001, kRoot = 0xFFFFFFFF, kDcim = 1;

void put(Bytes& to, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}
std::uint64_t get(const std::uint8_t* from, int bytes) {
  std::uint64_t value = 0;
  for (int i = bytes - 1; i >= 0; --i) value = value << 8 | from[i];
  return value;
}
void put_text(Bytes& to, const std::string& text) {
  put(to, text.empty() ? 0 : text.size() + 1, 1);
  for (const char c : text) put(to, static_cast<std::uint8_t>(c), 2);
  if (!text.empty()) put(to, 0, 2);
}
void put_codes(Bytes& to, const std::vector<std::uint16_t>& codes) {
  put(to, codes.size(), 4);
  for (const auto code : codes) put(to, code, 2);
}

struct Object {
  Bytes file;
  std::uint32_t said = 0;  // bytes, by its own word
  int width = 0, height = 0;
  std::string date;
};

struct Camera {
  std::string control;
  std::uint32_t side = 0;
  int width = 1400, height = 960;
  std::unique_ptr<Scene> scene;
  std::mutex mutex;
  std::map<std::uint32_t, Object> objects;  // by handle
  std::uint32_t last_handle = 100;
  std::uint16_t iso = 100;
  std::uint32_t time = 80;  // 0.1 ms
  int events = -1;          // socket
  Bytes last_file;
  std::mt19937 random{1};
};

std::pair<std::string, std::string> fault(const Camera& camera) {
  std::ifstream in(camera.control);
  std::string word, rest;
  in >> word >> rest;
  return {word, rest};
}

bool send_all(int fd, const Bytes& bytes) {
  return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}
bool packet(int fd, std::uint32_t type, const Bytes& body) {
  Bytes whole;
  put(whole, body.size() + 8, 4);
  put(whole, type, 4);
  whole.insert(whole.end(), body.begin(), body.end());
  return send_all(fd, whole);
}
bool receive(int fd, std::uint32_t& type, Bytes& body) {
  std::uint8_t head[8];
  if (::recv(fd, head, 8, MSG_WAITALL) != 8) return false;
  const auto length = get(head, 4);
  type = static_cast<std::uint32_t>(get(head + 4, 4));
  if (length < 8 || length > 1'000'000) return false;
  body.resize(length - 8);
  return body.empty() ||
         ::recv(fd, body.data(), body.size(), MSG_WAITALL) == static_cast<ssize_t>(body.size());
}

bool respond(int fd, std::uint16_t code, std::uint32_t transaction,
             const std::vector<std::uint32_t>& more = {}) {
  Bytes body;
  put(body, code, 2);
  put(body, transaction, 4);
  for (const auto one : more) put(body, one, 4);
  return packet(fd, kResponse, body);
}
bool answer(int fd, std::uint32_t transaction, const Bytes& data, std::uint64_t said) {
  Bytes start, end;
  put(start, transaction, 4);
  put(start, said, 8);
  put(end, transaction, 4);
  end.insert(end.end(), data.begin(), data.end());
  return packet(fd, kStartData, start) && packet(fd, kEndData, end) && respond(fd, kOk, transaction);
}
bool answer(int fd, std::uint32_t transaction, const Bytes& data) {
  return answer(fd, transaction, data, data.size());
}

void tell(Camera& camera, std::uint16_t event, std::uint32_t transaction, std::uint32_t handle) {
  const std::lock_guard lock(camera.mutex);
  if (camera.events < 0) return;
  Bytes body;
  put(body, event, 2);
  put(body, transaction, 4);
  if (event == kObjectAdded) put(body, handle, 4);
  packet(camera.events, kEvent, body);
}

Bytes jpeg_of(const sim::Picture& picture) {
  constexpr int kQuality = 94;
  const std::unique_ptr<void, int (*)(tjhandle)> coder(tjInitCompress(), tjDestroy);
  unsigned char* out = nullptr;
  unsigned long size = 0;
  if (tjCompress2(coder.get(), picture.rgb.data(), picture.width, 0, picture.height, TJPF_RGB, &out, &size,
                  TJSAMP_444, kQuality, 0) != 0)
    return {};
  Bytes bytes(out, out + size);
  tjFree(out);
  return bytes;
}

/// One exposure, as a file of the camera; its handle.
std::uint32_t expose(Camera& camera, const std::string& word, const std::string& rest) {
  Object object;
  int width = camera.width, height = camera.height;
  if (word == "size") std::sscanf(rest.c_str(), "%dx%d", &width, &height);
  if (word == "freeze" && !camera.last_file.empty()) {
    object.file = camera.last_file;
  } else {
    sim::Picture picture;
    if (!camera.scene || word == "size") {
      picture.width = width;
      picture.height = height;
      picture.rgb.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3,
                         static_cast<std::uint8_t>(std::min(255u, 52u * camera.iso / 100)));
      draw_mark(picture.rgb.data(), width,
                static_cast<std::uint64_t>(
                    duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count()));
    } else {
      std::uint64_t drawn = 0;
      picture = camera.scene->look(camera.side, drawn);
    }
    object.file = camera.last_file = jpeg_of(picture);
  }
  if (word == "garbage")
    for (auto& byte : object.file) byte = static_cast<std::uint8_t>(camera.random());
  if (word == "cut") object.file.resize(object.file.size() / 2);
  if (word == "empty") object.file.clear();
  object.said = word == "huge" ? 200'000'000 : static_cast<std::uint32_t>(object.file.size());
  object.width = width;
  object.height = height;
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char date[32];
  std::strftime(date, sizeof date, "%Y%m%dT%H%M%S", &parts);
  object.date = date;
  const std::lock_guard lock(camera.mutex);
  camera.objects[++camera.last_handle] = std::move(object);
  return camera.last_handle;
}

Bytes device_info() {
  Bytes info;
  put(info, 100, 2);
  put(info, 0, 4);
  put(info, 0, 2);
  put_text(info, "");
  put(info, 0, 2);
  put_codes(info, {kGetDeviceInfo, kOpenSession, kCloseSession, kGetStorageIDs, kGetStorageInfo,
                   kGetNumObjects, kGetObjectHandles, kGetObjectInfo, kGetObject, kGetThumb, kDeleteObject,
                   kInitiateCapture, kGetDevicePropDesc, kGetDevicePropValue, kSetDevicePropValue});
  put_codes(info, {kObjectAdded, kCaptureComplete});
  put_codes(info, {kExposureTime, kIso});
  put_codes(info, {kJpeg});
  put_codes(info, {kJpeg, kFolder});
  put_text(info, "KTP models");
  put_text(info, "Still");
  put_text(info, "1.0");
  put_text(info, "1");
  return info;
}

Bytes storage_info() {
  Bytes info;
  put(info, 4, 2);
  put(info, 3, 2);
  put(info, 0, 2);
  put(info, std::uint64_t{1} << 32, 8);
  put(info, std::uint64_t{1} << 31, 8);
  put(info, 500, 4);
  put_text(info, "card");
  put_text(info, "");
  return info;
}

Bytes object_info(std::uint32_t handle, const Object* object) {
  Bytes info;
  put(info, kStore, 4);
  put(info, object != nullptr ? kJpeg : kFolder, 2);
  put(info, 0, 2);
  put(info, object != nullptr ? object->said : 0, 4);
  put(info, 0, 2);
  put(info, 0, 12);
  put(info, object != nullptr ? static_cast<std::uint64_t>(object->width) : 0, 4);
  put(info, object != nullptr ? static_cast<std::uint64_t>(object->height) : 0, 4);
  put(info, 24, 4);
  put(info, object != nullptr ? kDcim : 0, 4);
  put(info, object != nullptr ? 0 : 1, 2);
  put(info, 0, 8);
  char name[16];
  std::snprintf(name, sizeof name, "DSC%05u.JPG", handle % 100'000);
  put_text(info, object != nullptr ? name : "DCIM");
  put_text(info, object != nullptr ? object->date : "");
  put_text(info, object != nullptr ? object->date : "");
  put_text(info, "");
  return info;
}

Bytes property(const Camera& camera, std::uint32_t code, bool whole) {
  const bool iso = code == kIso;
  const int bytes = iso ? 2 : 4;
  const std::uint64_t value = iso ? camera.iso : camera.time;
  Bytes body;
  if (whole) {
    put(body, code, 2);
    put(body, iso ? 4 : 6, 2);  // UINT16, UINT32
    put(body, 1, 1);
    put(body, iso ? 100 : 80, bytes);
  }
  put(body, value, bytes);
  if (!whole) return body;
  const std::vector<std::uint64_t> choices =
      iso ? std::vector<std::uint64_t>{100, 200, 400} : std::vector<std::uint64_t>{40, 80, 160};
  put(body, 2, 1);
  put(body, choices.size(), 2);
  for (const auto choice : choices) put(body, choice, bytes);
  return body;
}

bool capture(Camera& camera, int fd, std::uint32_t transaction) {
  const auto [word, rest] = fault(camera);
  if (word == "busy") return respond(fd, kBusy, transaction);
  if (word == "full") return respond(fd, kStoreFull, transaction);
  if (word == "hang") return true;
  if (word == "close") return false;
  if (word == "noise") {
    Bytes junk(64);
    for (auto& byte : junk) byte = static_cast<std::uint8_t>(camera.random());
    return send_all(fd, junk);
  }
  const std::uint32_t before = camera.last_handle;
  const std::uint32_t handle = word == "old" && before > 100 ? before : expose(camera, word, rest);
  if (!respond(fd, kOk, transaction)) return false;
  if (word == "silent") return true;
  const auto say = [&camera, handle, transaction] {
    tell(camera, kObjectAdded, transaction, handle);
    tell(camera, kCaptureComplete, transaction, 0);
  };
  if (word == "late") {
    std::thread([say, ms = std::atoi(rest.c_str())] {
      std::this_thread::sleep_for(milliseconds(ms));
      say();
    }).detach();
  } else {
    say();
  }
  return true;
}

bool obey(Camera& camera, int fd, const Bytes& command, const Bytes& sent) {
  const auto op = static_cast<std::uint16_t>(get(&command[4], 2));
  const auto transaction = static_cast<std::uint32_t>(get(&command[6], 4));
  const auto parameter = [&](std::size_t i) {
    return command.size() >= 14 + 4 * i ? static_cast<std::uint32_t>(get(&command[10 + 4 * i], 4)) : 0;
  };
  const std::uint32_t first = parameter(0);
  std::unique_lock lock(camera.mutex);
  const auto found = camera.objects.find(first);
  Bytes data;
  switch (op) {
    case kGetDeviceInfo:
      return answer(fd, transaction, device_info());
    case kOpenSession:
    case kCloseSession:
      return respond(fd, kOk, transaction);
    case kGetStorageIDs:
      put(data, 1, 4);
      put(data, kStore, 4);
      return answer(fd, transaction, data);
    case kGetStorageInfo:
      return answer(fd, transaction, storage_info());
    case kGetNumObjects:
      return respond(fd, kOk, transaction, {static_cast<std::uint32_t>(camera.objects.size() + 1)});
    case kGetObjectHandles: {
      std::vector<std::uint32_t> handles;
      const std::uint32_t folder = parameter(2);
      if (folder != kDcim) handles.push_back(kDcim);
      if (folder == kDcim || folder == 0)
        for (const auto& [handle, object] : camera.objects) handles.push_back(handle);
      put(data, handles.size(), 4);
      for (const auto handle : handles) put(data, handle, 4);
      return answer(fd, transaction, data);
    }
    case kGetObjectInfo:
      if (first == kDcim) return answer(fd, transaction, object_info(first, nullptr));
      if (found == camera.objects.end()) return respond(fd, kBadHandle, transaction);
      return answer(fd, transaction, object_info(first, &found->second));
    case kGetObject:
      if (found == camera.objects.end()) return respond(fd, kBadHandle, transaction);
      return answer(fd, transaction, found->second.file, found->second.said);
    case kDeleteObject:
      // Kept all the same: a camera may tell of it once more.
      return respond(fd, found == camera.objects.end() ? kBadHandle : kOk, transaction);
    case kGetDevicePropDesc:
    case kGetDevicePropValue:
      if (first != kIso && first != kExposureTime) return respond(fd, kUnsupported, transaction);
      return answer(fd, transaction, property(camera, first, op == kGetDevicePropDesc));
    case kSetDevicePropValue:
      if (first == kIso && sent.size() == 2) {
        camera.iso = static_cast<std::uint16_t>(get(sent.data(), 2));
      } else if (first == kExposureTime && sent.size() == 4) {
        camera.time = static_cast<std::uint32_t>(get(sent.data(), 4));
      } else {
        return respond(fd, kBadValue, transaction);
      }
      return respond(fd, kOk, transaction);
    case kInitiateCapture:
      lock.unlock();
      return capture(camera, fd, transaction);
    default:
      return respond(fd, kUnsupported, transaction);
  }
}

void serve(Camera& camera, int fd) {
  const int yes = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  std::uint32_t type = 0;
  Bytes body;
  if (!receive(fd, type, body)) {
    ::close(fd);
    return;
  }
  if (type == kInitEvent) {
    packet(fd, kInitEventAck, {});
    {
      const std::lock_guard lock(camera.mutex);
      camera.events = fd;
    }
    while (receive(fd, type, body))
      if (type == kPing) packet(fd, kPong, {});
    const std::lock_guard lock(camera.mutex);
    if (camera.events == fd) camera.events = -1;
    ::close(fd);
    return;
  }
  Bytes hello;
  put(hello, 1, 4);
  for (int i = 0; i < 16; ++i) put(hello, 0x40u + static_cast<unsigned>(i), 1);
  for (const char c : std::string("Still")) put(hello, static_cast<std::uint8_t>(c), 2);
  put(hello, 0, 2);
  put(hello, 0x00010000, 4);
  bool on = type == kInitCommand && packet(fd, kInitCommandAck, hello);
  while (on && receive(fd, type, body)) {
    if (type == kPing) {
      on = packet(fd, kPong, {});
      continue;
    }
    if (type != kCommand || body.size() < 10) continue;
    const Bytes command = body;
    Bytes sent;
    constexpr std::uint32_t kDataOut = 2;
    if (get(command.data(), 4) == kDataOut)
      while (receive(fd, type, body) && body.size() >= 4) {
        if (type != kStartData) sent.insert(sent.end(), body.begin() + 4, body.end());
        if (type == kEndData) break;
      }
    on = obey(camera, fd, command, sent);
  }
  ::shutdown(fd, SHUT_RDWR);
  ::close(fd);
  const std::lock_guard lock(camera.mutex);
  if (camera.events >= 0) ::shutdown(camera.events, SHUT_RDWR);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return 64;
  std::signal(SIGPIPE, SIG_IGN);
  Camera camera;
  camera.side = std::string(argv[3]) == "back" ? 1 : 0;
  camera.control = argv[4];
  drivers_test::SettingsMap settings{{"seed", "1"}, {"world", argv[1]}};
  bool marks = false;
  for (int i = 5; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--marks") {
      marks = true;
      continue;
    }
    const std::string value = i + 1 < argc ? argv[++i] : "";
    if (word == "--setting" && value.find('=') != std::string::npos) {
      settings[value.substr(0, value.find('='))] = value.substr(value.find('=') + 1);
    } else if (word != "--size" || std::sscanf(value.c_str(), "%dx%d", &camera.width, &camera.height) != 2) {
      return 64;
    }
  }
  settings["width"] = std::to_string(camera.width);
  settings["height"] = std::to_string(camera.height);
  if (!marks) camera.scene = std::make_unique<Scene>(settings, camera.width, camera.height);
  const int door = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
  ::setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  at.sin_port = ::htons(static_cast<std::uint16_t>(std::atoi(argv[2])));
  if (::bind(door, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || ::listen(door, 8) != 0) {
    std::perror("ptpip_camera_peer");
    return 1;
  }
  std::thread([&camera] {
    for (bool pressed = false;; std::this_thread::sleep_for(milliseconds(20))) {
      const bool press = fault(camera).first == "by-hand";
      if (press && !pressed) tell(camera, kObjectAdded, 0xFFFFFFFF, expose(camera, "", ""));
      pressed = press;
    }
  }).detach();
  std::puts("ready");
  std::fflush(stdout);
  while (true) {
    const int fd = ::accept4(door, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) std::thread(serve, std::ref(camera), fd).detach();
  }
}
