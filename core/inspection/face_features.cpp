// SPDX-License-Identifier: Apache-2.0
#include "inspection/face_features.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <opencv2/imgproc.hpp>
#include <opencv2/objdetect.hpp>
#include <opencv2/objdetect/face.hpp>

namespace ktp::inspection {

namespace {

constexpr std::uintmax_t kMostBytes = 200u << 20;
constexpr int kLeastSide = 160;  // pixels: smaller portraits are enlarged, YuNet finds no smaller faces

Result<void> readable(const std::filesystem::path& file, const char* what) {
  std::error_code none;
  if (!std::filesystem::is_regular_file(file, none))
    return fail(
        ErrorCode::input_missing,
        "face-features: " + file.string() + ": there is no such " + what +
            " model; the station ships none. Take it from OpenCV's model zoo, or leave face-features out");
  if (std::filesystem::file_size(file, none) > kMostBytes)
    return fail(ErrorCode::configuration, "face-features: " + file.string() + ": is larger than 200 MiB");
  return {};
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

class Networks final : public FaceFeatures {
 public:
  cv::Ptr<cv::FaceDetectorYN> detector;
  cv::Ptr<cv::FaceRecognizerSF> recogniser;

  Result<std::vector<float>> of(const ImageView& portrait) override {
    if (portrait.empty() || portrait.channels != 3) return fail(ErrorCode::bad_data, "no picture in colour");
    try {
      cv::Mat picture;
      cv::cvtColor(cv::Mat(portrait.height, portrait.width, CV_8UC3, const_cast<std::uint8_t*>(portrait.data),
                           portrait.stride),
                   picture, cv::COLOR_RGB2BGR);
      if (const int least = std::min(picture.cols, picture.rows); least < kLeastSide)
        cv::resize(picture, picture, {}, static_cast<double>(kLeastSide) / least,
                   static_cast<double>(kLeastSide) / least, cv::INTER_CUBIC);
      const std::scoped_lock lock(mutex_);
      detector->setInputSize(picture.size());
      cv::Mat faces, aligned, feature;
      detector->detect(picture, faces);
      if (faces.rows != 1)
        return fail(ErrorCode::bad_data,
                    faces.rows == 0 ? "no face was found" : "more than one face was found");
      recogniser->alignCrop(picture, faces.row(0), aligned);
      recogniser->feature(aligned, feature);
      feature = feature.reshape(1, 1);
      return std::vector<float>(feature.begin<float>(), feature.end<float>());
    } catch (const cv::Exception& error) {
      return fail(ErrorCode::internal, "face features: " + first_line(error.what()));
    }
  }

 private:
  std::mutex mutex_;
};

}  // namespace

Result<std::shared_ptr<FaceFeatures>> FaceFeatures::load(const std::filesystem::path& detector,
                                                         const std::filesystem::path& recogniser) {
  if (auto there = readable(detector, "detector"); !there) return std::unexpected(there.error());
  if (auto there = readable(recogniser, "recogniser"); !there) return std::unexpected(there.error());
  auto networks = std::make_shared<Networks>();
  const std::filesystem::path* now = &detector;
  const auto refused = [&](const std::string& why) {
    return fail(ErrorCode::configuration, "face-features: " + now->string() +
                                              ": this OpenCV (" CV_VERSION ") cannot run it as a model (" +
                                              why +
                                              "); face_detection_yunet_2022mar.onnx and "
                                              "face_recognition_sface_2021dec.onnx are made for it");
  };
  try {
    networks->detector = cv::FaceDetectorYN::create(detector.string(), "", {kLeastSide, kLeastSide});
    cv::Mat faces, feature;
    networks->detector->detect(cv::Mat::zeros(kLeastSide, kLeastSide, CV_8UC3), faces);
    now = &recogniser;
    networks->recogniser = cv::FaceRecognizerSF::create(recogniser.string(), "");
    networks->recogniser->feature(cv::Mat::zeros(112, 112, CV_8UC3), feature);
    if (feature.total() < 32 || feature.type() != CV_32F) return refused("its answer is no face feature");
  } catch (const std::exception& error) {
    return refused(first_line(error.what()));
  }
  return std::shared_ptr<FaceFeatures>(std::move(networks));
}

double FaceFeatures::similarity(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size() || a.empty()) return -1;
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
    ab += x * y, aa += x * x, bb += y * y;
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : -1;
}

Image cut_out(const Image& card, const BoxMm& field) {
  if (card.empty()) return {};
  const double s = card.width / kCardWidthMm;
  const int x0 = std::max(0, static_cast<int>(std::lround(field.x * s))),
            y0 = std::max(0, static_cast<int>(std::lround(field.y * s)));
  const int x1 = std::min(card.width, static_cast<int>(std::lround((field.x + field.w) * s))),
            y1 = std::min(card.height, static_cast<int>(std::lround((field.y + field.h) * s)));
  if (x1 - x0 < 16 || y1 - y0 < 16) return {};
  Image out(x1 - x0, y1 - y0, card.channels);
  for (int y = 0; y < out.height; ++y)
    std::copy_n(card.row(y0 + y) + static_cast<std::size_t>(x0) * static_cast<std::size_t>(card.channels),
                out.stride(), out.row(y));
  return out;
}

}  // namespace ktp::inspection
