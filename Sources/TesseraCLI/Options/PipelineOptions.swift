import ArgumentParser
import Tessera

/// Which pipeline: written out, in a file, or one that has a name.
struct PipelineOptions: ParsableArguments {
  @Option(
    name: .customLong("with"),
    help: ArgumentHelp(
      "The pipeline as text: 'resize(256)|center_crop(224)|to_tensor|normalize(imagenet)'.", valueName: "text"
    ))
  var text: String?

  @Option(
    name: .customLong("pipeline"),
    help: ArgumentHelp(
      "A file with the pipeline: YAML, JSON, text, or a Hugging Face preprocessor_config.json.",
      valueName: "file"))
  var file: String?

  @Option(help: ArgumentHelp("A known pipeline: \(Self.presets).", valueName: "name"))
  var preset: String?

  fileprivate static let presets = Preset.allCases.map(\.name).joined(separator: ", ")

  mutating func validate() throws {
    let given = [text, file, preset].count { $0 != nil }
    guard given == 1 else {
      throw ValidationError(
        given == 0
          ? "no pipeline: give --with TEXT, --pipeline FILE or --preset NAME"
          : "give only one of --with, --pipeline and --preset")
    }
  }

  /// The pipeline that the options name.
  ///
  /// - Throws: `ValidationError` that says where it is wrong and what is allowed.
  func resolve() throws -> Pipeline { try Self.pipeline(text: text, file: file, preset: preset) }

  /// The pipeline of the one that is given.
  static func pipeline(text: String?, file: String?, preset: String?) throws -> Pipeline {
    do {
      if let text { return try Pipeline(text: text) }
      if let file { return try Pipeline(contentsOf: file) }
      guard let known = preset.flatMap({ Preset(rawValue: $0) }) else {
        throw ValidationError("--preset must be one of \(presets), got '\(preset ?? "")'")
      }
      return known.pipeline
    } catch let error as TesseraError {
      throw ValidationError("\(error)")
    }
  }
}
