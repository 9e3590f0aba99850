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

  private static let presets = Preset.allCases.map(\.name).joined(separator: ", ")

  mutating func validate() throws {
    if [text, file, preset].count(where: { $0 != nil }) > 1 {
      throw ValidationError("give only one of --with, --pipeline and --preset")
    }
  }

  /// Whether any of the options is there.
  var isGiven: Bool { text != nil || file != nil || preset != nil }

  /// The pipeline that the options name, or nil where they name none.
  ///
  /// - Throws: as `resolve`.
  func resolveIfGiven() throws -> Pipeline? { isGiven ? try resolve() : nil }

  /// The pipeline that the options name.
  ///
  /// - Throws: `ValidationError` that says where it is wrong and what is allowed.
  func resolve() throws -> Pipeline {
    guard isGiven else {
      throw ValidationError("no pipeline: give --with TEXT, --pipeline FILE or --preset NAME")
    }
    do {
      if let text { return try Pipeline(text: text) }
      if let file { return try Pipeline(contentsOf: file) }
      guard let known = preset.flatMap({ Preset(rawValue: $0) }) else {
        throw ValidationError("--preset must be one of \(Self.presets), got '\(preset ?? "")'")
      }
      return known.pipeline
    } catch let error as TesseraError {
      throw ValidationError("\(error)")
    }
  }
}
