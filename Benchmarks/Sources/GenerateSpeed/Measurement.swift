internal import Foundation
private import Glibc
internal import TesseraVLM

/// Prefill and decoding of one model, with one prompt.
struct Measurement {
  let settings: Settings
  let generator: Generator
  let prompt: Prompt
  let parameters: Int
  /// Seconds to open the directory; mapped weights are read when they are first used.
  let loading: Double

  init(_ settings: Settings) throws {
    self.settings = settings
    TorchRuntime.threads = settings.threads
    let start = Self.wall()
    let checkpoint = try Checkpoint(settings.directory)
    let model = try LlavaModel(checkpoint)
    let processor = try Processor(settings.directory, model.config)
    loading = Self.wall() - start
    parameters = model.parameters.specs.reduce(0) { $0 + $1.count }
    // Nothing ends an answer, so that both programs do as many steps; nothing is banned, as in their argmax.
    var generator = Generator(model, processor.tokenizer, endTokens: [], padToken: nil)
    generator.banned = []
    self.generator = generator
    prompt = try Self.prompt(settings, processor, model)
  }

  /// The picture's tokens first, then ids by the rule of generate.py.
  private static func prompt(_ settings: Settings, _ processor: Processor, _ model: LlavaModel) throws
    -> Prompt
  {
    let pixels = try processor.pixels(contentsOf: settings.picture)
    let config = model.config
    let count = config.imageTokens(height: pixels.size(1), width: pixels.size(2))
    guard settings.promptTokens > count else {
      throw Settings.Mistake(description: "the picture alone is \(count) tokens: give more --prompt-tokens")
    }
    let special = Set([config.imageToken, processor.padToken ?? -1] + config.text.endTokens)
    let plain = (0..<config.text.vocabularySize).filter { !special.contains($0) }
    let text = (0..<settings.promptTokens - count).map { plain[(7 * $0 + 3) % plain.count] }
    return Prompt(
      ids: Array(repeating: config.imageToken, count: count) + text, imageSpans: [0..<count], pixels: [pixels]
    )
  }

  /// One row of figures: seconds and processor seconds of prefill and of decoding.
  private struct Row {
    var (prefill, prefillCPU, decode, decodeCPU) = (0.0, 0.0, 0.0, 0.0)
    var ids: [Int] = []
  }

  private func once() throws -> Row {
    var row = Row()
    var options = GenerationOptions()
    options.maxNewTokens = 1
    var cpu = Self.processorSeconds()
    row.prefill = try generator.answer([prompt], options).times.firstToken
    row.prefillCPU = Self.processorSeconds() - cpu
    options.maxNewTokens = settings.newTokens
    cpu = Self.processorSeconds()
    let (answers, times) = try generator.answer([prompt], options)
    row.decode = times.decode
    row.decodeCPU = Self.processorSeconds() - cpu - row.prefillCPU
    row.ids = answers[0].ids
    return row
  }

  /// Measures, and writes it as generate.py does.
  func json() throws -> String {
    let first = try once()
    let rows = try (0..<settings.repeats).map { _ in try once() }
    func median(_ value: (Row) -> Double) -> Double {
      let sorted = rows.map(value).sorted()
      let middle = sorted.count / 2
      return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
    func range(_ value: (Row) -> Double) -> [Double] {
      [rows.map(value).min() ?? 0, rows.map(value).max() ?? 0]
    }
    let (prefill, decode) = (median(\.prefill), median(\.decode))
    let facts: [String: Any] = [
      "libtorch": TorchRuntime.version, "threads": settings.threads, "repeat": settings.repeats,
      "report": Dictionary(TorchRuntime.report.map { ($0.name, $0.value) }) { first, _ in first },
      "parameters": parameters, "dtype": generator.model.type.rawValue, "prompt_tokens": prompt.ids.count,
      "image_tokens": prompt.imageSpans[0].count, "new_tokens": settings.newTokens,
      "prefill_s": prefill, "prefill_cpu_s": median(\.prefillCPU),
      "prefill_tokens_per_s": Double(prompt.ids.count) / prefill, "prefill_range_s": range(\.prefill),
      "decode_s": decode, "decode_cpu_s": median(\.decodeCPU),
      "decode_tokens_per_s": Double(settings.newTokens - 1) / decode, "decode_range_s": range(\.decode),
      "load_s": loading, "first_prefill_s": first.prefill, "peak_bytes": Self.peakBytes() ?? NSNull(),
      "ids": rows[0].ids,
    ]
    let data = try JSONSerialization.data(withJSONObject: facts, options: [.sortedKeys])
    return String(decoding: data, as: UTF8.self)
  }

  private static func wall() -> Double { ProcessInfo.processInfo.systemUptime }

  /// Of all threads of the process.
  private static func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// The most memory that the process has held; nil where the system does not tell.
  private static func peakBytes() -> Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
    else { return nil }
    return Int(line.filter(\.isNumber)).map { $0 * 1024 }
  }
}
