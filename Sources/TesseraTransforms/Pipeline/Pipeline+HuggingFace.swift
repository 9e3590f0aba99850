internal import TesseraCore

extension Pipeline {
  /// Reads a pipeline from the text of a Hugging Face `preprocessor_config.json`, or of a `processor_config.json`
  /// that holds one under `image_processor`.
  ///
  /// Known are the image processors of CLIP, SigLIP, LLaVA, LLaVA-NeXT and Qwen2-VL. The pipeline does what their
  /// PIL backend does in transformers 5: transparency over white, crops rounded down, rescaling in float64.
  ///
  /// - Throws: `invalidPipeline` with line and column: an unknown processor, a wrong value, or a key that is not
  ///   known and might change pixels.
  public init(huggingFace json: String) throws {
    self = try Self.reading(json) {
      let (configuration, places) = try HuggingFaceReader.read(json)
      return try configuration.steps(places)
    }
  }

  /// The pipeline as a `preprocessor_config.json` that reads back to it.
  ///
  /// - Throws: `invalidPipeline` that names the step that the format cannot say.
  public func huggingFaceConfiguration() throws -> String {
    let configuration = try HuggingFaceWriter.configuration(of: steps)
    // What reads back must be the same pipeline, whatever the writer believes.
    let json = configuration.json
    let back = try Pipeline(huggingFace: json)
    guard back.text == text else {
      throw TesseraError(
        .invalidPipeline(
          message: "a Hugging Face configuration cannot say this pipeline; the nearest is \(back.text)",
          line: 0,
          column: 0, excerpt: ""))
    }
    return json
  }
}
