internal import TesseraCore

/// What one thread has found so far; threads' tallies are added up in any order.
struct StatsTally: Sendable {
  /// A picture or a sample that could not be used.
  struct Failure: Sendable, Codable {
    var sample: Int
    var picture: Int
    var name: String
    var label: Int?
    var stage: String?
    var reason: String
    /// Whether the file has no bytes at all.
    var isEmptyFile: Bool
  }

  /// 128 bits of a SHA-256 of a picture's pixels.
  struct PixelMark: Sendable {
    var sample: UInt32
    var picture: UInt16
    var digest: SIMD2<UInt64>
  }

  /// Samples that were looked at.
  var samples = 0
  /// Of these, the ones without any picture.
  var withoutPicture = 0
  var facts: [PictureFacts] = []
  var failures: [Failure] = []
  var pixels: [PixelFormat: PixelTally] = [:]
  var marks: [PixelMark] = []

  mutating func add(_ image: Image, countingValues: Bool) {
    pixels[image.format, default: PixelTally(channels: image.channels)].add(
      image, countingValues: countingValues)
  }

  mutating func merge(_ other: StatsTally) {
    samples += other.samples
    withoutPicture += other.withoutPicture
    facts += other.facts
    failures += other.failures
    marks += other.marks
    for (format, tally) in other.pixels {
      pixels[format, default: PixelTally(channels: format.channels)].merge(tally)
    }
  }

  /// Brings everything into the dataset's order.
  mutating func sort() {
    facts.sort(by: PictureFacts.precedes)
    failures.sort { ($0.sample, $0.picture) < ($1.sample, $1.picture) }
    marks.sort { ($0.sample, $0.picture) < ($1.sample, $1.picture) }
  }
}

extension StatsTally.Failure {
  init(sample: Int, picture: Int, name: String, label: Int? = nil, _ error: TesseraError) {
    self.init(
      sample: sample, picture: picture, name: name, label: label, stage: error.stage?.rawValue,
      reason: error.reason.description, isEmptyFile: error.reason == .unknownFormat(firstBytes: []))
  }
}
