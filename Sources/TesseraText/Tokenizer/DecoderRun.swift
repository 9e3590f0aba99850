/// Tokens on their way through a decoder's steps, one after another: what a batch and a stream both use.
struct DecoderRun: Sendable {
  /// What a step remembers.
  private struct Memory: Sendable {
    /// Bytes of a run that may go on (`byteFallback`), or all of a fused text that must be known to its end.
    var held: [UInt8] = []
    /// How many characters were stripped from the fused text.
    var stripped = 0
    var isFirst = true
  }

  private let steps: [TokenDecoder.Step]
  /// The first step that sees one fused token.
  private let fusedFrom: Int
  private var memory: [Memory]
  /// What has come out: whole tokens, but maybe part of a character at the end.
  var output: [UInt8] = []

  init(_ decoder: TokenDecoder) {
    steps = decoder.steps
    memory = Array(repeating: Memory(), count: steps.count)
    fusedFrom =
      steps.firstIndex { if case .fuse = $0 { true } else { false } }.map { $0 + 1 } ?? steps.count
  }

  mutating func push(_ token: [UInt8]) { push(token, 0) }

  mutating func finish() {
    for index in steps.indices {
      switch steps[index] {
      case .byteFallback: flushBytes(index)
      case .replace, .strip:
        guard index >= fusedFrom, !memory[index].held.isEmpty else { continue }
        let whole = memory[index].held
        memory[index].held = []
        push(Self.apply(steps[index], whole), index + 1)
      default: break
      }
    }
  }

  private mutating func push(_ token: [UInt8], _ index: Int) {
    guard index < steps.count else {
      output += token
      return
    }
    let isFused = index >= fusedFrom
    defer { memory[index].isFirst = false }
    switch steps[index] {
    case .byteLevel: push(token.withUnsafeBufferPointer { ByteAlphabet.bytes($0) } ?? token, index + 1)
    case .fuse: push(token, index + 1)
    case .spaced: push(memory[index].isFirst ? token : [0x20] + token, index + 1)
    case .byteFallback:
      if let byte = Self.byte(token) {
        memory[index].held.append(byte)
      } else {
        flushBytes(index)
        push(token, index + 1)
      }
    case .metaspace(let mark, let dropsFirst):
      let drops = dropsFirst && (memory[index].isFirst || isFused)
      push(
        token.withUnsafeBufferPointer { TextNormalizer.replaced(mark, drops ? [] : [0x20], $0) }, index + 1)
    case .replace(let pattern, _):
      // A pattern of several characters may lie across two tokens of a fused text.
      if isFused && UTF8Scan.length(pattern[0]) < pattern.count {
        memory[index].held += token
      } else {
        push(Self.apply(steps[index], token), index + 1)
      }
    case .strip(let content, let start, let stop):
      if !isFused { return push(Self.apply(steps[index], token), index + 1) }
      if stop > 0 { return memory[index].held += token }
      stripFused(token, content, start, index)
    }
  }

  /// Strips the start of a fused text whose end is not known yet.
  private mutating func stripFused(_ token: [UInt8], _ content: [UInt8], _ start: Int, _ index: Int) {
    var rest = token[...]
    while memory[index].stripped < start, !rest.isEmpty {
      if rest.starts(with: content) {
        rest = rest.dropFirst(content.count)
        memory[index].stripped += 1
      } else {
        memory[index].stripped = start
      }
    }
    if !rest.isEmpty { push(Array(rest), index + 1) }
  }

  private static func apply(_ step: TokenDecoder.Step, _ token: [UInt8]) -> [UInt8] {
    switch step {
    case .replace(let pattern, let content):
      return token.withUnsafeBufferPointer { TextNormalizer.replaced(pattern, content, $0) }
    case .strip(let content, let start, let stop):
      var rest = token[...]
      var count = 0
      while count < start, rest.starts(with: content) {
        rest = rest.dropFirst(content.count)
        count += 1
      }
      count = 0
      while count < stop, rest.count >= content.count, rest.suffix(content.count).elementsEqual(content) {
        rest = rest.dropLast(content.count)
        count += 1
      }
      return Array(rest)
    default: return token
    }
  }

  /// The bytes of a run as text, or a replacement character for each.
  private mutating func flushBytes(_ index: Int) {
    let run = memory[index].held
    guard !run.isEmpty else { return }
    memory[index].held = []
    let isText = run.withUnsafeBufferPointer { UTF8Scan.firstInvalid($0) == nil }
    push(isText ? run : run.flatMap { _ in Self.replacement }, index + 1)
  }

  /// U+FFFD.
  private static let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]

  /// 10 of `<0x0A>`; nil for another token.
  private static func byte(_ token: [UInt8]) -> UInt8? {
    guard token.count == 6, token.starts(with: [0x3C, 0x30, 0x78]), token[5] == 0x3E else { return nil }
    func digit(_ byte: UInt8) -> UInt8? {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - 0x30
      case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - 0x37
      case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - 0x57
      default: nil
      }
    }
    guard let high = digit(token[3]), let low = digit(token[4]) else { return nil }
    return high << 4 | low
  }
}
