internal import TesseraCore

extension ConfigReader {
  /// RoPE's base and stretching: `rope_theta` and `rope_scaling` (4.57), `rope_parameters` (5.x), or both, which must
  /// agree.
  func rope(maxPositions: Int) throws -> (theta: Double, RopeScaling) {
    let theta = has("rope_theta") ? try double("rope_theta", 10_000) : nil
    let old = try object("rope_scaling")
    guard let new = try object("rope_parameters") else {
      return (theta ?? 10_000, try old?.scaling(maxPositions) ?? .none)
    }
    let scaling = try new.scaling(maxPositions)
    if let old, try old.scaling(maxPositions) != scaling {
      throw wrong("rope_scaling", "the same as rope_parameters", self["rope_scaling"])
    }
    let newTheta = new.has("rope_theta") ? try new.double("rope_theta", 10_000) : nil
    if let theta, let newTheta, theta != newTheta {
      throw wrong("rope_theta", "the same as rope_parameters.rope_theta \(newTheta)", self["rope_theta"])
    }
    return (newTheta ?? theta ?? 10_000, scaling)
  }

  private func scaling(_ maxPositions: Int) throws -> RopeScaling {
    // `type` is the older name of `rope_type`.
    let key = has("rope_type") ? "rope_type" : "type"
    switch try string(key) ?? "default" {
    case "default": return .none
    case "linear": return .linear(factor: try required("factor"))
    case "llama3":
      let (low, high) = (try required("low_freq_factor"), try required("high_freq_factor"))
      guard low < high else {
        throw wrong("high_freq_factor", "more than low_freq_factor \(low)", self["high_freq_factor"])
      }
      return .llama3(
        factor: try required("factor"), lowFrequencyFactor: low, highFrequencyFactor: high,
        originalPositions: try int("original_max_position_embeddings", maxPositions))
    case let other: throw wrong(key, "default, linear or llama3", .string(other))
    }
  }

  private func required(_ key: String) throws -> Double {
    guard self[key] != nil else { throw wrong(key, "a number above 0.0", nil) }
    return try double(key, 0)
  }

  /// Weights in a quantized layout are other tensors than ours.
  func refuseQuantized() throws {
    guard let found = self["quantization_config"] else { return }
    throw wrong(
      "quantization_config",
      "absent (quantized weights are not read: convert the model to F16 or BF16 first)",
      found["quant_method"] ?? found)
  }
}
