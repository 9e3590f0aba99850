import ArgumentParser
import Tessera
import TesseraCore
import TesseraTerminal
import TesseraVLM

/// `tessera-vlm info`: what the program computes with.
struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Show versions, libtorch, BLAS and its kernels, threads and CUDA devices.")

  @Flag(help: "As a JSON object.")
  var json = false

  func run() {
    let report = [(name: "tessera-vlm", value: TesseraVersion.current)] + TorchRuntime.report
    if json {
      // Keys for programs: small letters, no blanks.
      let pairs = report.map { item in
        (
          key: item.name.lowercased().replacing(" ", with: "_"),
          value: Int(item.value).map(JSONText.int) ?? .string(item.value)
        )
      }
      print(JSONText.object(pairs).text)
    } else {
      for line in TextTable.lines(report.map { [$0.name, $0.value.visible] }) { print(line) }
    }
  }
}
