// SPDX-License-Identifier: Apache-2.0
// The only file that knows FFmpeg.
#include "opencv-camera/network.hpp"

extern "C" {
#include <libavcodec/packet.h>
#include <libavformat/avformat.h>
#include <libavutil/dict.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
}

#include <atomic>
#include <chrono>

#include "sim-world/whole_jpeg.hpp"

namespace opencv_camera {

using station::Failure;

namespace {

std::int64_t wall_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

std::string words(int error) {
  char text[AV_ERROR_MAX_STRING_SIZE]{};
  av_strerror(error, text, sizeof text);
  return text;
}

struct CloseFormat {
  void operator()(AVFormatContext* format) const { avformat_close_input(&format); }
};
struct FreePacket {
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};

class Network final : public Source {
 public:
  Network(const station::Host& host, const std::string& url, const Setting& setting)
      : host_(host),
        shown_(without_account(url)),
        margin_ns_(setting.margin_ns),
        silent_ns_(setting.silent_ns),
        packet_(av_packet_alloc()) {
    av_log_set_level(AV_LOG_QUIET);  // it would log the address with its account
    deadline_ = host_.now() + setting.open_ns;
    AVFormatContext* format = avformat_alloc_context();
    if (format == nullptr || packet_ == nullptr) throw Failure(STN_E_INTERNAL, "no memory for a stream");
    format->interrupt_callback = {interrupted, this};
    AVDictionary* options = nullptr;
    av_dict_set(&options, "rtsp_transport", "tcp", 0);
    av_dict_set(&options, "allowed_media_types", "video", 0);
    const int wrong = avformat_open_input(&format, url.c_str(), av_find_input_format("rtsp"), &options);
    av_dict_free(&options);
    if (wrong < 0) {  // it has let `format` go
      throw Failure(STN_E_REMOVED, "camera " + shown_ + " does not answer: " + words(wrong));
    }
    format_.reset(format);
    video_ = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
    if (video_ < 0) throw Failure(STN_E_UNSUPPORTED, "camera " + shown_ + " sends no video");
    const AVCodecID codec = format->streams[video_]->codecpar->codec_id;
    if (codec != AV_CODEC_ID_MJPEG) {
      throw Failure(STN_E_UNSUPPORTED, "camera " + shown_ + " sends " + avcodec_get_name(codec) +
                                           ", whose pictures are made of earlier ones; switch it to MJPEG");
    }
  }

  Begun next() override {
    do {
      av_packet_unref(packet_.get());
      deadline_ = host_.now() + silent_ns_;
      if (const int wrong = av_read_frame(format_.get(), packet_.get()); wrong < 0)
        throw Failure(STN_E_REMOVED, "camera " + shown_ + " sends no picture any more: " + words(wrong));
    } while (packet_->stream_index != video_);
    const std::int64_t wall = wall_us();
    const std::uint64_t now = host_.now();
    // The camera's wall clock at this picture, by its last sender report.
    size_t size = 0;
    const auto* const clock = reinterpret_cast<const AVProducerReferenceTime*>(
        av_packet_get_side_data(packet_.get(), AV_PKT_DATA_PRFT, &size));
    if (clock == nullptr || size < sizeof *clock)
      return {0, "it has no time stamp (no RTCP sender report came)"};
    return by_wall_clock(clock->wallclock, wall, now, margin_ns_);
  }

  std::string decode(Picture& picture) override {
    if (packet_->data == nullptr || packet_->size <= 0) return "it is empty";
    if ((packet_->flags & AV_PKT_FLAG_CORRUPT) != 0) return "parts of it are missing";
    return sim::decode_whole_jpeg({packet_->data, static_cast<std::size_t>(packet_->size)}, picture);
  }

  void stop() noexcept override { stop_ = true; }

 private:
  static int interrupted(void* self) {
    const auto* const network = static_cast<const Network*>(self);
    return network->stop_ || network->host_.now() >= network->deadline_ ? 1 : 0;
  }

  const station::Host& host_;
  const std::string shown_;
  const std::uint64_t margin_ns_, silent_ns_;
  std::uint64_t deadline_ = 0;
  std::atomic<bool> stop_{false};
  std::unique_ptr<AVFormatContext, CloseFormat> format_;
  std::unique_ptr<AVPacket, FreePacket> packet_;
  int video_ = -1;
};

}  // namespace

std::string without_account(const std::string& url) {
  const auto begin = url.find("://");
  if (begin == std::string::npos) return url;
  const auto end = url.find('/', begin + 3), at = url.rfind('@', end);
  if (at == std::string::npos || at < begin) return url;
  return url.substr(0, begin + 3) + url.substr(at + 1);
}

std::unique_ptr<Source> open_network(const station::Host& host, const std::string& url,
                                     const Setting& setting) {
  if (!url.starts_with("rtsp://")) {
    throw Failure(STN_E_BAD_INPUT,
                  "camera " + without_account(url) +
                      ": the address must begin with rtsp://; other streams do not say when a "
                      "picture was exposed");
  }
  return std::make_unique<Network>(host, url, setting);
}

}  // namespace opencv_camera
