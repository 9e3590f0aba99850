import ArgumentParser
import Foundation
import Tessera
import TesseraTerminal

/// `tessera preview`: a sheet that shows what a pipeline does.
struct PreviewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "preview", abstract: "Draw a contact sheet: originals left, seeded variants right.",
    discussion: """
      Variant v of a picture is what training sees of it in epoch v − 1 with the same seed. Tensors are shown \
      with their normalisation undone.
      """)

  @ArgumentParser.Argument(
    help: ArgumentHelp("A folder of any depth, a list (.txt, .jsonl) or a picture.", valueName: "src"))
  var source: String

  @OptionGroup(title: "Pipeline") var pipeline: PipelineOptions

  @Option(name: [.short, .long], help: ArgumentHelp("The PNG to write.", valueName: "file"))
  var output: String

  @Option(help: ArgumentHelp("Pictures, spread evenly over the list.", valueName: "n"))
  var count = 16

  @Option(help: ArgumentHelp("Variants of each.", valueName: "n"))
  var variants = 6

  @Option(help: ArgumentHelp("What chance starts from.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("The side of a cell in pixels.", valueName: "pixels"))
  var cell = 160

  @OptionGroup(title: "Decoding") var decoding: DecodeOptions

  @OptionGroup(title: "Shards on servers") var remote: RemoteArguments

  mutating func validate() throws {
    if !(1...1000).contains(count) { throw ValidationError("--count must be 1 to 1000, got \(count)") }
    if !(1...100).contains(variants) { throw ValidationError("--variants must be 1 to 100, got \(variants)") }
    if !(16...1024).contains(cell) { throw ValidationError("--cell must be 16 to 1024, got \(cell)") }
  }

  func run() throws {
    let resolved = try decoding.resolve()
    let pipeline = try pipeline.resolve()
    do {
      try draw(
        PictureWorker(
          pipeline: pipeline, policy: resolved.policy, generation: resolved.generation, seed: seed))
    } catch let error as TesseraError {
      Talk.say("tessera: \(error)")
      throw ExitCode.failure
    }
  }

  private func draw(_ worker: PictureWorker) throws {
    let list = try PictureFiles(source: source, remote: try remote.store())
    guard list.count > 0 else {
      throw TesseraError(.invalidInput(operation: "preview", expected: "pictures", got: "none"), path: source)
    }
    let columns = worker.pipeline.isDeterministic ? 1 : variants
    if columns < variants { Talk.say("tessera: the pipeline draws nothing by chance: one variant is all") }
    let shown = min(count, list.count)
    let samples = (0..<shown).map { $0 * list.count / shown }
    let preview = PreviewSheet(worker: worker, list: list, samples: samples, variants: columns, cell: cell)
    let (sheet, failures) = try preview.draw(threads: ProcessInfo.processInfo.activeProcessorCount)
    let png = try PNGEncoder().encode(sheet)
    if let slash = output.lastIndex(of: "/") { try FileIO.makeFolder(String(output[..<slash])) }
    try AtomicFile.write(png, to: output)
    print(
      "\(output.visible): \(sheet.width)×\(sheet.height), \(Words.count(shown, "picture")), \(Words.count(columns, "variant"))"
    )
    for error in failures { Talk.say("tessera: \(error)") }
    if !failures.isEmpty { throw ExitCode.failure }
  }
}
