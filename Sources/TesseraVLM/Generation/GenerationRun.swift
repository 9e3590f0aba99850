internal import TesseraCore
internal import TesseraText

/// One run of a generator: its prompts, the cache, and what came so far.
struct GenerationRun {
  private let generator: Generator
  private let prompts: [Prompt]
  private let options: GenerationOptions
  private let memory: ChatMemory?
  private let cache: KeyValueCache?
  /// How many tokens at the left of each prompt are none.
  private let padding: [Int]
  private let samplers: [TokenSampler]
  private var answers: [Answer]
  private var isRowDone: [Bool]
  private var seen: [Set<Int>]
  private var decoders: [StreamDecoder]
  private var watchers: [StopWatcher]
  /// Logits of the last place, `[B][V]`.
  private var logits: [[Double]] = []
  var times = GenerationTimes()

  init(_ generator: Generator, _ prompts: [Prompt], _ options: GenerationOptions, _ memory: ChatMemory?)
    throws
  {
    (self.generator, self.prompts, self.options, self.memory) = (generator, prompts, options, memory)
    let longest = prompts.map(\.ids.count).max() ?? 0
    padding = prompts.map { longest - $0.ids.count }
    cache =
      options.usesCache
      ? memory?.cache
        ?? KeyValueCache(
          layers: generator.model.text.layers, capacity: longest + min(options.maxNewTokens, 256))
      : nil
    samplers = prompts.indices.map { TokenSampler(options: options, banned: generator.banned, row: $0) }
    answers = Array(repeating: Answer(), count: prompts.count)
    isRowDone = Array(repeating: false, count: prompts.count)
    seen = prompts.map { options.repetitionPenalty == 1 ? [] : Set($0.ids) }
    decoders = Array(repeating: StreamDecoder(generator.tokenizer), count: prompts.count)
    watchers = Array(repeating: StopWatcher(options.stopStrings), count: prompts.count)
  }

  var isDone: Bool { isRowDone.allSatisfy { $0 } }

  // MARK: the model

  /// Runs the prompts through the model, without what a memory knows. A prompt that follows its equal goes on from there.
  mutating func prefill() throws {
    // Without a cache everything is computed again, and the memory stays what it was.
    let known = cache == nil ? 0 : memory.map { $0.known(of: prompts[0]) } ?? 0
    if cache != nil { memory?.truncate(to: known) }
    let first = prompts.indices.filter { $0 == 0 || cache == nil || !prompts[$0].isSame(as: prompts[$0 - 1]) }
    times.promptTokens = first.reduce(0) { $0 + prompts[$1].ids.count } - known
    try forward(first, from: known)
    guard first.count < prompts.count else { return }
    var number = -1
    let origins = prompts.indices.map { row -> Int in
      if number + 1 < first.count, first[number + 1] == row { number += 1 }
      return number
    }
    cache?.branch(origins)
    logits = origins.map { logits[$0] }
  }

  /// Runs the newest tokens through the model: without a cache, all of them.
  mutating func step() throws {
    guard let cache else { return try forward(Array(prompts.indices), from: 0) }
    let newest = answers.map { [$0.ids[$0.ids.count - 1]] }
    let embedded = try generator.model.decoder.embeddings(newest)
    try take(generator.model.decoder.hidden(embedded, padding: padding, cache: cache))
  }

  /// Runs all tokens of some rows through the model, from a place of the padded prompts on.
  private mutating func forward(_ rows: [Int], from start: Int) throws {
    let texts = rows.map { row in
      let ids =
        Array(repeating: generator.padToken, count: padding[row]) + prompts[row].ids + answers[row].ids
      return Array(ids[start...])
    }
    let width = texts[0].count
    var (pixels, places): ([TorchTensor], [Int]) = ([], [])
    for (text, row) in rows.enumerated() {
      for (number, span) in prompts[row].imageSpans.enumerated() where padding[row] + span.lowerBound >= start
      {
        pixels.append(prompts[row].pixels[number])
        places += span.map { text * width + padding[row] + $0 - start }
      }
    }
    let features = pixels.isEmpty ? nil : try imageFeatures(pixels)
    let embedded = try generator.model.decoder.embeddings(texts, features: features, places: places)
    let empty = rows.map { padding[$0] }
    try take(generator.model.decoder.hidden(embedded, padding: empty, cache: cache, lastOnly: true))
  }

  /// Pictures as tokens; those of one size together.
  private func imageFeatures(_ pixels: [TorchTensor]) throws -> TorchTensor {
    guard pixels.allSatisfy({ $0.shape == pixels[0].shape }) else {
      throw TesseraError(
        .invalidInput(
          operation: "a batch of prompts", expected: "pictures of one size after preprocessing",
          got: Set(pixels.map { "\($0.shape)" }).sorted().joined(separator: ", ")))
    }
    return try generator.model.imageFeatures(TorchTensor.stack(pixels))
  }

  private mutating func take(_ hidden_BTD: TorchTensor) throws {
    let last = hidden_BTD.select(1, hidden_BTD.size(1) - 1)
    let flat = generator.model.decoder.logits(last).array(of: Double.self)
    // Of numbers that are none no token is the likeliest.
    guard flat.allSatisfy(\.isFinite) else {
      throw TesseraError(
        .invalidInput(
          operation: "generation", expected: "finite logits",
          got:
            "not a number or infinity: the weights hold such, or \(generator.model.type.rawValue) overflows"))
    }
    let count = last.size(0)
    let width = flat.count / count
    logits = (0..<count).map { Array(flat[$0 * width..<($0 + 1) * width]) }
  }

  // MARK: the tokens

  /// Chooses the next token of every answer that goes on.
  mutating func choose(_ listen: (Int, String) -> Bool) throws {
    for row in prompts.indices {
      guard !isRowDone[row] else {
        // Others go on: this row is filled up, and what comes of it is not looked at.
        answers[row].ids.append(generator.padToken)
        continue
      }
      let choice = samplers[row].choose(logits[row], seen: seen[row], place: answers[row].gaps.count)
      answers[row].ids.append(choice.token)
      answers[row].gaps.append(choice.gap)
      if let logProbability = choice.logProbability { answers[row].logProbabilities.append(logProbability) }
      if options.repetitionPenalty != 1 { seen[row].insert(choice.token) }
      times.newTokens += 1
      try follow(choice.token, row, listen)
    }
  }

  /// Gives out the text of a token, and sees whether the answer ends.
  private mutating func follow(_ token: Int, _ row: Int, _ listen: (Int, String) -> Bool) throws {
    if generator.endTokens.contains(token) { return end(row, .endToken) }
    let piece = try decoders[row].append(token)
    guard give(watchers[row].append(piece), row, listen) else { return end(row, .cancelled) }
    if watchers[row].isStopped { return end(row, .stopString) }
    let length = prompts[row].ids.count + answers[row].gaps.count
    if answers[row].gaps.count >= options.maxNewTokens || length >= generator.model.text.maxPositions {
      end(row, .length)
    }
  }

  private mutating func give(_ text: String, _ row: Int, _ listen: (Int, String) -> Bool) -> Bool {
    guard !text.isEmpty else { return true }
    answers[row].text += text
    return listen(row, text)
  }

  private mutating func end(_ row: Int, _ end: Answer.End) {
    answers[row].end = end
    isRowDone[row] = true
  }

  /// Gives out what was held back, and the answers.
  mutating func finish(_ listen: (Int, String) -> Bool) -> ([Answer], GenerationTimes) {
    for row in prompts.indices {
      if answers[row].end != .stopString && answers[row].end != .cancelled {
        _ = give(watchers[row].append(decoders[row].finish()), row, listen)
        _ = give(watchers[row].finish(), row, listen)
      }
      answers[row].ids = Array(answers[row].ids.prefix(answers[row].gaps.count))
    }
    if cache != nil { memory?.remember(prompts[0], answers[0].ids) }
    return (answers, times)
  }
}
