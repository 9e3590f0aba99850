import ArgumentParser
import Tessera

/// Which pipeline, where none is needed.
struct OptionalPipelineOptions: ParsableArguments {
  @Option(
    name: .customLong("with"),
    help: ArgumentHelp(
      "Count the pixels after these steps: 'resize(256)|center_crop(224)'. to_tensor and what follows are left "
        + "out.", valueName: "text"))
  var text: String?

  @Option(
    name: .customLong("pipeline"),
    help: ArgumentHelp("The same from a file: YAML, JSON, text, preprocessor_config.json.", valueName: "file")
  )
  var file: String?

  @Option(help: ArgumentHelp("The same from a known pipeline.", valueName: "name"))
  var preset: String?

  /// Whether there is one.
  var isGiven: Bool { text != nil || file != nil || preset != nil }

  mutating func validate() throws {
    guard [text, file, preset].count(where: { $0 != nil }) <= 1 else {
      throw ValidationError("give only one of --with, --pipeline and --preset")
    }
  }

  /// The pipeline that the options name, or none.
  ///
  /// - Throws: `ValidationError` that says where it is wrong and what is allowed.
  func resolve() throws -> Pipeline? {
    isGiven ? try PipelineOptions.pipeline(text: text, file: file, preset: preset) : nil
  }
}
