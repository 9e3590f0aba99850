import Tessera
import TesseraCore
import TesseraTerminal
import TesseraText
import TesseraVLM

/// All that `inspect` says of a directory that fits.
struct DirectoryFacts {
  let checkpoint: Checkpoint
  let needs: MemoryNeeds
  let tokenizer: Tokenizer?
  let hasTemplate: Bool
  let sideFiles: [(name: String, bytes: Int)]
  let adapter: AdapterFacts?

  /// - Throws: what the readers of side files throw.
  init(_ checkpoint: Checkpoint, adapter: AdapterFacts? = nil) throws {
    self.checkpoint = checkpoint
    self.adapter = adapter
    needs = MemoryNeeds(checkpoint.config)
    tokenizer = try InspectReport.tokenizer(checkpoint.path)
    hasTemplate = try ProcessorFiles(checkpoint.path).template() != nil
    sideFiles = try InspectReport.sideFiles(checkpoint.path)
  }

  private var type: DataType { checkpoint.mainType }
  private var text: TextConfig? { InspectReport.text(checkpoint.config) }
  private var vision: VisionConfig? { InspectReport.vision(checkpoint.config) }
  private var llava: LlavaConfig? {
    if case .llava(let config) = checkpoint.config { config } else { nil }
  }

  // MARK: for people

  var sections: [(title: String, rows: [[String]])] {
    var sections: [(title: String, rows: [[String]])] = [
      ("\(checkpoint.path): \(checkpoint.config.kindName)", model), ("parameters", parameters),
      ("memory", memory),
    ]
    if text != nil || !sideFiles.isEmpty { sections.append(("beside the weights", beside)) }
    if let adapter { sections.append(("the adapter \(adapter.path)", adapter.rows)) }
    let remarks = InspectReport.ignoredLines(checkpoint) + checkpoint.notes.map { "note: \($0)" }
    if !remarks.isEmpty { sections.append(("remarks", remarks.map { [$0] })) }
    return sections
  }

  private var model: [[String]] {
    var rows: [[String]] = []
    if let vision { rows.append(["vision tower", ModelWords.vision(vision)]) }
    if let llava {
      rows.append(["projector", ModelWords.projector(llava)])
      rows.append(["picture", "\(llava.imageTokens) tokens, id \(llava.imageToken)"])
    }
    if let text {
      rows.append(["decoder", ModelWords.decoder(text)])
      rows.append(["positions", "\(text.maxPositions), \(ModelWords.rope(text))"])
      rows.append(["windows", ModelWords.windows(text)])
    }
    rows.append(["layout", checkpoint.layout.rawValue])
    rows.append(["types", InspectReport.typeWords(checkpoint)])
    rows.append(["files", InspectReport.fileWords(checkpoint)])
    return rows
  }

  private var parameters: [[String]] {
    let parts = ParameterSpec.Part.allCases.compactMap { part in
      needs.parameters[part].map { [part.rawValue, "\($0)", share($0)] }
    }
    return parts + [["total", "\(needs.total)", "100.0 %"]]
  }

  private func share(_ count: Int) -> String {
    let tenths = (count * 1000 + needs.total / 2) / max(needs.total, 1)
    return "\(tenths / 10).\(tenths % 10) %"
  }

  private var memory: [[String]] {
    func words(_ bytes: Int) -> String { ByteCount.words(bytes) }
    var rows = [["weights", "\(words(needs.weightBytes(type))) as \(type.rawValue)"]]
    if let text {
      rows += [
        ["KV cache", "\(words(needs.cacheBytesPerToken(type))) a token"],
        [
          "to answer",
          "\(words(needs.inferenceBytes(type, tokens: text.maxPositions))) with \(text.maxPositions) tokens",
        ],
      ]
    }
    rows.append(["to train", "\(words(needs.trainingBytes())) by AdamW in float32, activations not counted"])
    if llava != nil {
      rows.append(["", "\(words(needs.trainingBytes(trained: [.projector]))) for the projector alone"])
    }
    return rows
  }

  private var beside: [[String]] {
    var rows: [[String]] = []
    if let text {
      if let tokenizer {
        let size = tokenizer.vocabularySize
        let spare = text.vocabularySize - size
        let words = spare >= 0 ? "\(spare) rows without" : "\(-spare) TOO MANY: they have no row"
        rows.append(["tokenizer", "\(size) tokens for \(text.vocabularySize) rows (\(words))"])
      } else {
        rows.append(["tokenizer", "no tokenizer.json"])
      }
      rows.append(["chat template", hasTemplate ? "the directory's own" : "none"])
    }
    rows += sideFiles.map { [$0.name, ByteCount.words($0.bytes)] }
    return rows
  }

  // MARK: for programs

  var json: JSONText {
    var pairs: [(key: String, value: JSONText)] = [
      ("path", .string(checkpoint.path)), ("fits", .bool(true)),
      ("kind", .string(checkpoint.config.kindName)),
      ("layout", .string(checkpoint.layout.rawValue)),
      (
        "parameters",
        .object(
          ParameterSpec.Part.allCases.compactMap { part in
            needs.parameters[part].map { (key: part.rawValue, value: JSONText.int($0)) }
          } + [("total", .int(needs.total))])
      ),
      ("types", .object(InspectReport.types(checkpoint).map { (key: $0.type, value: .int($0.count)) })),
      ("files", .array(checkpoint.files.files.map { .string($0) })),
      ("stored_bytes", .int(InspectReport.storedBytes(checkpoint))), ("memory", memoryJSON),
    ]
    if let vision { pairs.append(("vision", .string(ModelWords.vision(vision)))) }
    if let llava {
      pairs.append(("projector", .string(ModelWords.projector(llava))))
      pairs.append(("image_tokens", .int(llava.imageTokens)))
      pairs.append(("image_token", .int(llava.imageToken)))
    }
    if let text { pairs += decoderJSON(text) }
    pairs += [
      (
        "ignored",
        .array(
          checkpoint.ignored.map {
            .object([("name", .string($0.name)), ("reason", .string($0.reason))])
          })
      ), ("notes", .array(checkpoint.notes.map { .string($0) })),
      ("side_files", .object(sideFiles.map { (key: $0.name, value: .int($0.bytes)) })),
    ]
    if let adapter { pairs.append(("adapter", adapter.json)) }
    return .object(pairs)
  }

  private var memoryJSON: JSONText {
    var pairs: [(key: String, value: JSONText)] = [
      ("type", .string(type.rawValue)), ("weights", .int(needs.weightBytes(type))),
      ("training", .int(needs.trainingBytes())),
    ]
    if let text {
      pairs.append(("cache_per_token", .int(needs.cacheBytesPerToken(type))))
      pairs.append(("inference", .int(needs.inferenceBytes(type, tokens: text.maxPositions))))
    }
    return .object(pairs)
  }

  private func decoderJSON(_ text: TextConfig) -> [(key: String, value: JSONText)] {
    [
      ("decoder", .string(ModelWords.decoder(text))), ("tied", .bool(text.isTied)),
      ("positions", .int(text.maxPositions)), ("rope", .string(ModelWords.rope(text))),
      ("windows", .array(text.slidingWindows.map { $0.map { .int($0) } ?? .null })),
      ("rows", .int(text.vocabularySize)),
      ("tokens", tokenizer.map { .int($0.vocabularySize) } ?? .null), ("chat_template", .bool(hasTemplate)),
    ]
  }
}
