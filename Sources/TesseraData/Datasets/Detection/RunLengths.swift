internal import TesseraCore

/// The pixels of an object as COCO keeps them: column by column from the left, runs outside and inside by turns.
struct RunLengths: Equatable {
  /// Lengths of the runs, the first outside; together the picture's pixels.
  private(set) var counts: [Int]
  let size: Size

  /// - Throws: `corrupt` if the runs are not the picture's pixels.
  init(counts: [Int], size: Size) throws {
    var sum = 0
    for count in counts {
      guard count >= 0, count <= size.area - sum else { throw Self.wrong(counts.count, size) }
      sum += count
    }
    guard sum == size.area else { throw Self.wrong(counts.count, size) }
    self.counts = counts
    self.size = size
  }

  private static func wrong(_ count: Int, _ size: Size) -> TesseraError {
    TesseraError(
      .corrupt(
        format: "the run lengths", detail: "\(count) runs that are not the \(size.area) pixels of \(size)"))
  }

  /// Reads COCO's compressed string: six bits a character from `0` on, five of them a digit, the lowest first; the
  /// sixth says that more follow, the fifth of the last is the sign. From the fourth on, each is the difference to the
  /// last but one.
  ///
  /// Source: the format as `pycocotools` reads it.
  init(compressed text: String, size: Size) throws {
    var counts: [Int] = []
    var (value, shift) = (0, 0)
    for byte in text.utf8 {
      let digit = Int(byte) - 48
      guard 0..<64 ~= digit, shift <= 50 else {
        throw TesseraError(
          .corrupt(
            format: "the run lengths", detail: "the character \(JSONReader.text(byte)) in run \(counts.count)"
          ))
      }
      value |= (digit & 0x1F) << shift
      shift += 5
      if digit & 0x20 != 0 { continue }
      if digit & 0x10 != 0 { value |= -1 << shift }
      if counts.count > 2 { value += counts[counts.count - 2] }
      // Looked at before differences of differences add up to more than a number holds.
      guard value >= 0, value <= size.area else { throw Self.wrong(counts.count + 1, size) }
      counts.append(value)
      (value, shift) = (0, 0)
    }
    guard shift == 0 else {
      throw TesseraError(
        .truncated(format: "the run lengths", expected: nil, got: counts.count, unit: "runs"))
    }
    try self.init(counts: counts, size: size)
  }

  /// Sets the pixels inside to a value.
  ///
  /// - Throws: `limitExceeded`.
  func paint(
    _ value: UInt8, on pixels: UnsafeMutableBufferPointer<UInt8>, _ budget: inout MaskBudget
  ) throws {
    try budget.spend(counts.enumerated().reduce(0) { $0 + $1.offset % 2 * $1.element })
    var position = 0
    for (number, count) in counts.enumerated() {
      if number % 2 == 1 { Self.paint(position..<position + count, value, on: pixels, size) }
      position += count
    }
  }

  /// Sets a run of pixels, counted down the columns.
  static func paint(
    _ run: Range<Int>, _ value: UInt8, on pixels: UnsafeMutableBufferPointer<UInt8>, _ size: Size
  ) {
    guard !run.isEmpty else { return }
    var (x, y) = (run.lowerBound / size.height, run.lowerBound % size.height)
    for _ in run {
      pixels[y * size.width + x] = value
      y += 1
      if y == size.height { (x, y) = (x + 1, 0) }
    }
  }
}
