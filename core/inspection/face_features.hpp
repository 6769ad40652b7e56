// SPDX-License-Identifier: Apache-2.0
// Face features: the same person in two different photographs, which no comparison of pixels can tell.
// Optional: the operator supplies OpenCV's model files (YuNet finds the face, SFace describes it); the
// station ships none.
#pragma once
#include <filesystem>
#include <memory>
#include <vector>

#include "domain/error.hpp"
#include "domain/face.hpp"

namespace ktp::inspection {

/// Any thread; one picture at a time.
class FaceFeatures {
 public:
  /// Cosine from which on two pictures show the same person, as SFace's authors measured it (LFW). Never
  /// checked against printed portraits.
  static constexpr double kSame = 0.363;

  /// Loads both networks and runs each once on an empty picture, so that a file that this OpenCV cannot run
  /// is said now and not at the first card. OpenCV 4.6 runs face_detection_yunet_2022mar.onnx and
  /// face_recognition_sface_2021dec.onnx. Errors: input_missing, configuration (naming the file).
  static Result<std::shared_ptr<FaceFeatures>> load(const std::filesystem::path& detector,
                                                    const std::filesystem::path& recogniser);
  virtual ~FaceFeatures() = default;

  /// 128 numbers of the one face in a portrait (RGB). Error bad_data: no face, or more than one.
  [[nodiscard]] virtual Result<std::vector<float>> of(const ImageView& portrait) = 0;
  /// Cosine, -1..1.
  [[nodiscard]] static double similarity(const std::vector<float>& a, const std::vector<float>& b);
};

/// The part of a picture of the whole card where a field stands; empty where it lies outside.
[[nodiscard]] Image cut_out(const Image& card, const BoxMm& field);

}  // namespace ktp::inspection
