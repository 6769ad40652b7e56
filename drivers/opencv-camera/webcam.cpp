// SPDX-License-Identifier: Apache-2.0
// The only file that knows OpenCV's videoio.
#include "opencv-camera/webcam.hpp"

#include <cmath>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>

#include "sim-world/whole_jpeg.hpp"

namespace opencv_camera {

using station::Failure;

namespace {

struct Knob {
  const char* name;
  int value, automatic;  ///< OpenCV's properties; automatic -1: there is none
  double off;            ///< what switches the automatic off
};
// V4L2_EXPOSURE_MANUAL is 1 (linux/v4l2-controls.h).
constexpr Knob kKnobs[] = {{"exposure", cv::CAP_PROP_EXPOSURE, cv::CAP_PROP_AUTO_EXPOSURE, 1},
                           {"gain", cv::CAP_PROP_GAIN, -1, 0},
                           {"focus", cv::CAP_PROP_FOCUS, cv::CAP_PROP_AUTOFOCUS, 0},
                           {"white-balance", cv::CAP_PROP_WB_TEMPERATURE, cv::CAP_PROP_AUTO_WB, 0}};

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

class Webcam final : public Source {
 public:
  Webcam(const station::Host& host, std::string device, const Setting& setting)
      : host_(host),
        device_(std::move(device)),
        margin_ns_(setting.margin_ns),
        jpeg_(setting.format == "MJPG") {
    try {
      open(setting);
    } catch (const cv::Exception& error) {
      throw Failure(STN_E_HARDWARE, "camera " + device_ + ": " + error.err);
    }
  }

  Begun next() override {
    try {
      if (!camera_.grab()) throw Failure(STN_E_REMOVED, "camera " + device_ + " sends no picture any more");
      const std::uint64_t now = host_.now();
      return by_machine_clock(camera_.get(cv::CAP_PROP_POS_MSEC), now, margin_ns_);
    } catch (const cv::Exception& error) {
      throw Failure(STN_E_REMOVED, "camera " + device_ + ": " + error.err);
    }
  }

  std::string decode(Picture& picture) override {
    try {
      cv::Mat raw;
      if (!camera_.retrieve(raw) || raw.empty()) return "it is empty";
      if (jpeg_) {
        if (!raw.isContinuous() || raw.depth() != CV_8U) return "it is no JPEG";
        return sim::decode_whole_jpeg({raw.data, raw.total() * raw.elemSize()}, picture);
      }
      if (raw.type() != CV_8UC2) return "it is not in YUYV";
      if (raw.cols <= 0 || raw.rows <= 0) return "it is empty";
      picture.width = raw.cols;
      picture.height = raw.rows;
      picture.rgb.resize(raw.total() * 3);
      cv::Mat rgb(raw.rows, raw.cols, CV_8UC3, picture.rgb.data());
      cv::cvtColor(raw, rgb, cv::COLOR_YUV2RGB_YUYV);
      return {};
    } catch (const cv::Exception& error) {
      return "it cannot be converted: " + error.err;
    }
  }

 private:
  void open(const Setting& setting) {
    if (!camera_.open(device_, cv::CAP_V4L2))
      throw Failure(STN_E_REMOVED, "camera " + device_ + " is not there");
    set(cv::CAP_PROP_FOURCC, "format",
        jpeg_ ? cv::VideoWriter::fourcc('M', 'J', 'P', 'G') : cv::VideoWriter::fourcc('Y', 'U', 'Y', 'V'),
        setting.format);
    if (setting.width != 0) {
      // One after the other would ask for a size in between.
      camera_.set(cv::CAP_PROP_FRAME_WIDTH, setting.width);
      camera_.set(cv::CAP_PROP_FRAME_HEIGHT, setting.height);
      check(cv::CAP_PROP_FRAME_WIDTH, "width", setting.width);
      check(cv::CAP_PROP_FRAME_HEIGHT, "height", setting.height);
    }
    if (setting.fps != 0) set(cv::CAP_PROP_FPS, "fps", setting.fps, std::to_string(setting.fps));
    camera_.set(cv::CAP_PROP_CONVERT_RGB, 0);
    for (const Setting::Control& control : setting.controls)
      for (const Knob& knob : kKnobs) {
        if (std::string_view(knob.name) != control.name) continue;
        if (knob.automatic >= 0) camera_.set(knob.automatic, knob.off);  // one that has none says no
        set(knob.value, knob.name, control.value, number(control.value));
      }
  }
  void set(int property, const char* name, double value, const std::string& shown) {
    if (!camera_.set(property, value))
      throw Failure(STN_E_BAD_INPUT, "camera " + device_ + " does not take setting " + name + " " + shown);
    check(property, name, value);
  }
  void check(int property, const char* name, double value) {
    const double has = camera_.get(property);
    if (std::abs(has - value) > 0.5)
      throw Failure(STN_E_BAD_INPUT,
                    "camera " + device_ + " makes something else of setting " + name + " " +
                        (property == cv::CAP_PROP_FOURCC ? "" : number(value) + ": " + number(has)));
  }

  const station::Host& host_;
  const std::string device_;
  const std::uint64_t margin_ns_;
  const bool jpeg_;
  cv::VideoCapture camera_;
};

}  // namespace

std::unique_ptr<Source> open_webcam(const station::Host& host, const std::string& device,
                                    const Setting& setting) {
  return std::make_unique<Webcam>(host, device, setting);
}

}  // namespace opencv_camera
