// SPDX-License-Identifier: Apache-2.0
// The only file that knows libgphoto2.
#include "gphoto2/still.hpp"

#include <gphoto2/gphoto2.h>

#include <cmath>
#include <cstdlib>
#include <ctime>

#include "sim-world/png_file.hpp"
#include "sim-world/whole_jpeg.hpp"

namespace gphoto2 {

using station::Failure;

namespace {

constexpr const char* kModel = "PTP/IP Camera";
constexpr int kMostUnasked = 200;        // things a camera may tell before it counts as one that never stops
constexpr std::int64_t kDateGrainS = 2;  // dates have whole seconds, on both sides

struct UnrefFile {
  void operator()(CameraFile* file) const { gp_file_unref(file); }
};
struct UnrefWidget {
  void operator()(CameraWidget* widget) const { gp_widget_unref(widget); }
};
using Widget = std::unique_ptr<CameraWidget, UnrefWidget>;

/// "ptpip:ADDRESS:PORT:PORT": given once, the events would go to the usual port (libgphoto2 2.5).
std::string port_of(const std::string& address) {
  const auto colon = address.find(':');
  return "ptpip:" + address + (colon == std::string::npos ? "" : address.substr(colon));
}

std::string choices_of(CameraWidget* widget) {
  std::string all;
  const int count = gp_widget_count_choices(widget);
  for (int i = 0; i < count && all.size() < 200; ++i) {
    const char* choice = nullptr;
    if (gp_widget_get_choice(widget, i, &choice) == GP_OK && choice != nullptr)
      all += (all.empty() ? "" : ", ") + std::string(choice);
  }
  return all;
}

bool is_choice(CameraWidget* widget, const std::string& value) {
  const int count = gp_widget_count_choices(widget);
  for (int i = 0; i < count; ++i) {
    const char* choice = nullptr;
    if (gp_widget_get_choice(widget, i, &choice) == GP_OK && choice != nullptr && value == choice)
      return true;
  }
  return false;
}

}  // namespace

struct Still::Library {
  GPContext* context = gp_context_new();
  Camera* camera = nullptr;
  CameraAbilitiesList* models = nullptr;
  GPPortInfoList* ports = nullptr;
  bool open = false;

  ~Library() {
    if (camera != nullptr) {
      if (open) gp_camera_exit(camera, context);
      gp_camera_unref(camera);
    }
    if (models != nullptr) gp_abilities_list_free(models);
    if (ports != nullptr) gp_port_info_list_free(ports);
    gp_context_unref(context);
  }
};

void Still::failed(int code, const char* doing) const {
  const std::string said = "camera " + name_ + ", " + doing + ": " + gp_result_as_string(code);
  switch (code) {
    case GP_ERROR_CAMERA_BUSY:
      throw Failure(STN_E_BUSY, said);
    case GP_ERROR_NO_SPACE:
      throw Failure(STN_E_HARDWARE, said + "; its storage is full");
    default:
      // Many a camera that has gone says only "unspecified error": it is opened anew, and then tells.
      throw Failure(STN_E_REMOVED, said);
  }
}

Still::Still(const station::Host& host, const std::string& address, const std::vector<Wish>& wishes)
    : host_(host), name_(address), library_(std::make_unique<Library>()) {
  Library& l = *library_;
  const auto must = [&](int code, const char* doing) {
    if (code < GP_OK) failed(code, doing);
  };
  must(gp_camera_new(&l.camera), "open");
  must(gp_abilities_list_new(&l.models), "open");
  must(gp_abilities_list_load(l.models, l.context), "list of models");
  const int model = gp_abilities_list_lookup_model(l.models, kModel);
  CameraAbilities abilities;
  if (model < 0 || gp_abilities_list_get_abilities(l.models, model, &abilities) < GP_OK)
    throw Failure(STN_E_UNSUPPORTED, "this machine's libgphoto2 does not know PTP/IP cameras");
  must(gp_camera_set_abilities(l.camera, abilities), "open");
  must(gp_port_info_list_new(&l.ports), "open");
  must(gp_port_info_list_load(l.ports), "list of ports");
  const int port = gp_port_info_list_lookup_path(l.ports, port_of(address).c_str());
  GPPortInfo info{};
  if (port < 0 || gp_port_info_list_get_info(l.ports, port, &info) < GP_OK)
    throw Failure(STN_E_BAD_INPUT,
                  "camera " + name_ + ": not an address like 192.168.1.20 or 192.168.1.20:15740");
  must(gp_camera_set_port_info(l.camera, info), "open");
  must(gp_camera_init(l.camera, l.context), "does not answer");
  l.open = true;
  for (const Wish& wish : wishes) set(wish);
}

Still::~Still() = default;

void Still::set(const Wish& wish) {
  Library& l = *library_;
  const auto refuse = [&](const std::string& why) {
    throw Failure(STN_E_BAD_INPUT,
                  "camera " + name_ + ": setting " + wish.name + " = " + wish.value + ": " + why);
  };
  CameraWidget* raw = nullptr;
  if (const int code = gp_camera_get_single_config(l.camera, wish.name.c_str(), &raw, l.context);
      code < GP_OK) {
    if (code == GP_ERROR_BAD_PARAMETERS || code == GP_ERROR_NOT_SUPPORTED) refuse("it has no such setting");
    failed(code, "asked for a setting");
  }
  const Widget widget(raw);
  CameraWidgetType type{};
  gp_widget_get_type(raw, &type);
  char* end = nullptr;
  int done = GP_ERROR_NOT_SUPPORTED;
  switch (type) {
    case GP_WIDGET_RADIO:
    case GP_WIDGET_MENU:
      if (!is_choice(raw, wish.value)) refuse("it allows " + choices_of(raw));
      [[fallthrough]];
    case GP_WIDGET_TEXT:
      done = gp_widget_set_value(raw, wish.value.c_str());
      break;
    case GP_WIDGET_RANGE: {
      float value = std::strtof(wish.value.c_str(), &end), least = 0, most = 0, step = 0;
      gp_widget_get_range(raw, &least, &most, &step);
      if (*end != 0 || !(value >= least && value <= most))
        refuse("it allows " + std::to_string(least) + " to " + std::to_string(most));
      done = gp_widget_set_value(raw, &value);
      break;
    }
    case GP_WIDGET_TOGGLE: {
      if (wish.value != "0" && wish.value != "1") refuse("it allows 0 and 1");
      const int value = wish.value == "1" ? 1 : 0;
      done = gp_widget_set_value(raw, &value);
      break;
    }
    default:
      refuse("it is of a kind that cannot be set");
  }
  if (done >= GP_OK) done = gp_camera_set_single_config(l.camera, wish.name.c_str(), raw, l.context);
  if (done < GP_OK) refuse(gp_result_as_string(done));
  if (type != GP_WIDGET_RADIO && type != GP_WIDGET_MENU) return;
  // Read back: many cameras say yes to what their dial forbids.
  CameraWidget* again = nullptr;
  if (const int code = gp_camera_get_single_config(l.camera, wish.name.c_str(), &again, l.context);
      code < GP_OK)
    failed(code, "asked for a setting");
  const Widget read(again);
  const char* has = nullptr;
  if (gp_widget_get_value(again, &has) < GP_OK || has == nullptr || wish.value != has)
    refuse("it makes " + std::string(has != nullptr ? has : "nothing") + " of it");
}

void Still::let_go_of_what_came() {
  Library& l = *library_;
  for (int i = 0; i < kMostUnasked; ++i) {
    CameraEventType type = GP_EVENT_TIMEOUT;
    void* data = nullptr;
    constexpr int kPatienceMs = 5;
    const int code = gp_camera_wait_for_event(l.camera, kPatienceMs, &type, &data, l.context);
    if (code < GP_OK) failed(code, "asked what happened");
    if (type == GP_EVENT_FILE_ADDED && data != nullptr) {
      taken_.insert(static_cast<CameraFilePath*>(data)->name);
      host_.warning("camera " + name_ + ": a picture that nobody asked for is not used");
    }
    std::free(data);
    if (type == GP_EVENT_TIMEOUT) return;
  }
  throw Failure(STN_E_PROTOCOL, "camera " + name_ + " never stops telling things");
}

std::string Still::photograph(sim::Picture& picture, std::uint64_t& released_ns) {
  Library& l = *library_;
  let_go_of_what_came();
  released_ns = host_.now();
  const std::int64_t released_s = std::time(nullptr);
  CameraFilePath path{};
  if (const int code = gp_camera_capture(l.camera, GP_CAPTURE_IMAGE, &path, l.context); code < GP_OK)
    failed(code, "release");
  // A camera that tells of an old file has made this one too: not knowing which is which, neither is used.
  if (!taken_.insert(path.name).second) return "it names a file from before the release";

  CameraFileInfo info{};
  if (const int code = gp_camera_file_get_info(l.camera, path.folder, path.name, &info, l.context);
      code < GP_OK)
    failed(code, "asked for its file");
  const bool has_size = (info.file.fields & GP_FILE_INFO_SIZE) != 0;
  if (has_size && info.file.size > sim::kMaxFileBytes) return "its file is larger than 20 MB";
  if ((info.file.fields & GP_FILE_INFO_MTIME) != 0 && info.file.mtime > 0) {
    const std::int64_t made = info.file.mtime;
    if (!has_offset_) {
      offset_s_ = made - released_s;
      has_offset_ = true;
    }
    if (const std::int64_t age = released_s - (made - offset_s_); age > kDateGrainS)
      return "by its own date it was made " + std::to_string(age) + " s before the release";
  }
  CameraFile* raw = nullptr;
  if (const int code = gp_file_new(&raw); code < GP_OK) failed(code, "file");
  const std::unique_ptr<CameraFile, UnrefFile> file(raw);
  if (const int code =
          gp_camera_file_get(l.camera, path.folder, path.name, GP_FILE_TYPE_NORMAL, raw, l.context);
      code < GP_OK)
    failed(code, "fetching its file");
  const char* data = nullptr;
  unsigned long size = 0;
  if (gp_file_get_data_and_size(raw, &data, &size) < GP_OK || data == nullptr) return "its file is empty";
  std::string wrong = sim::decode_whole_jpeg({reinterpret_cast<const std::uint8_t*>(data), size}, picture);
  // Only what we have released ourselves is taken from the camera's storage.
  if (gp_camera_file_delete(l.camera, path.folder, path.name, l.context) < GP_OK)
    host_.warning("camera " + name_ + ": a file stays in its storage");
  return wrong;
}

}  // namespace gphoto2
