internal import TesseraCore
internal import TesseraData

/// Pictures ready for the tower, of which those that follow one another and have the same names are there once.
struct PictureShelf {
  private let processor: Processor
  /// `[C, height, width]` each.
  private(set) var pixels: [TorchTensor] = []
  /// How many tokens each has.
  private(set) var counts: [Int] = []
  private var last: (names: [String], range: Range<Int>)?

  init(_ processor: Processor) { self.processor = processor }

  /// Adds a prompt's pictures, and tells where they are.
  ///
  /// - Throws: as `Processor.pixels`.
  mutating func add(_ pictures: [PictureSource]) throws -> Range<Int> {
    let names = pictures.map(\.name)
    // Pictures of one name are one picture; those without are not to be told apart by it.
    if let last, last.names == names, !names.contains("") { return last.range }
    let start = pixels.count
    for picture in pictures {
      let loaded = try processor.pixels(picture)
      pixels.append(loaded)
      counts.append(processor.config.imageTokens(height: loaded.size(1), width: loaded.size(2)))
    }
    last = (names, start..<pixels.count)
    return start..<pixels.count
  }

  /// All in order, neighbours of one size stacked.
  var groups: [TorchTensor] {
    var groups: [[TorchTensor]] = []
    for picture in pixels {
      if let last = groups.last?.last, last.shape == picture.shape {
        groups[groups.count - 1].append(picture)
      } else {
        groups.append([picture])
      }
    }
    return groups.map { TorchTensor.stack($0) }
  }
}
