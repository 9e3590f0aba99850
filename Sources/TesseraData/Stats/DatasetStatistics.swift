private import Foundation
public import TesseraCodecs
internal import TesseraCore

/// What a dataset holds, as `StatsJob` found it. In JSON the keys are these names in snake case.
///
/// Two runs over the same data give the same bytes of JSON, whatever the threads: no time and no rate is in it.
public struct DatasetStatistics: Sendable, Codable, Equatable {
  /// How the numbers came about.
  public var settings: Settings
  /// Samples in the dataset.
  public var samples: Int
  /// Samples that were looked at: all, or fewer with a subset or after an interruption.
  public var examined: Int
  /// Whether the job was ended before it had looked at all that it should.
  public var isPartial: Bool
  /// Samples without a picture (text alone).
  public var withoutPicture: Int
  /// Pictures whose header could be read. All that follows is about these.
  public var pictures: Int
  /// Pictures that were decoded (and transformed) to their last pixel; 0 with headers only.
  public var decoded: Int
  /// Pictures and samples that could not be used, in the dataset's order.
  public var failures: [Failure]
  /// Failures that are files of no bytes.
  public var emptyFiles: Int
  /// Bytes of all files whose header could be read.
  public var bytes: Int

  /// A layout's pixels, the layout of most pictures first; empty with headers only.
  public var pixels: [PixelStatistics]
  /// Of the decoded pictures, before any pipeline: pixels.
  public var width: Distribution?
  public var height: Distribution?
  /// Width times height, in millions of pixels.
  public var megapixels: Distribution?
  /// Width over height; a bin holds what is nearest (in proportion) to its ratio.
  public var aspectRatio: Distribution?
  /// Bytes of a file.
  public var fileBytes: Distribution?
  /// JPEG's quality as libjpeg's tables tell it; nil if there is none with such tables.
  public var jpegQuality: Distribution?

  public var formats: [NamedCount]
  /// By Pillow's names.
  public var modes: [NamedCount]
  /// JPEG's chroma subsampling.
  public var subsamplings: [NamedCount]
  /// EXIF's numbers, 1 included.
  public var orientations: [NamedCount]
  /// What deserves notice, all kinds in a fixed order, those without a picture included.
  public var features: [FeatureCount]

  public var classes: ClassBalance?
  /// Files of equal bytes; nil if they were not looked for.
  public var duplicates: Duplicates?
  /// Pictures of equal pixels whose files differ; nil if they were not looked for.
  public var pixelDuplicates: Duplicates?
  public var extremes: Extremes

  /// How the numbers came about.
  public struct Settings: Sendable, Codable, Equatable {
    /// Tessera's version.
    public var tessera: String
    public var headersOnly: Bool
    /// What pictures went through before their pixels were counted.
    public var pipeline: String?
    /// The release of Pillow whose resampling the pipeline starts with.
    public var generation: String
    /// Samples that were to be drawn; nil for all.
    public var subset: Int?
    public var seed: UInt64
    /// How pictures were decoded that have no recipe of their own. Sizes are those that it gives.
    public var policy: DecodePolicy
  }

  /// A picture or a sample that could not be used.
  public struct Failure: Sendable, Codable, Equatable {
    public var sample: Int
    public var name: String
    public var stage: String?
    public var reason: String
  }

  /// The count of a feature.
  public func count(of feature: PictureFeature) -> Int {
    features.first { $0.name == feature.rawValue }?.count ?? 0
  }
}

extension DatasetStatistics {
  /// As JSON, keys sorted, characters that a terminal could obey escaped.
  ///
  /// - Throws: nothing that data can cause; what `JSONEncoder` throws.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let text = String(decoding: try encoder.encode(self), as: UTF8.self)
    var safe = ""
    for scalar in text.unicodeScalars {
      // Such scalars stand inside of strings only: JSON's own signs are ASCII.
      if (0x7F...0x9F).contains(scalar.value) || scalar.properties.generalCategory == .format,
        scalar.value <= 0xFFFF
      {
        let digits = String(scalar.value, radix: 16)
        safe += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      } else {
        safe.unicodeScalars.append(scalar)
      }
    }
    return safe
  }

  /// Reads what `json()` wrote.
  ///
  /// - Throws: `corrupt` with what is wrong in it.
  public init(json: String) throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do { self = try decoder.decode(Self.self, from: Data(json.utf8)) } catch {
      throw TesseraError(.corrupt(format: "the statistics", detail: String(describing: error)))
    }
  }
}
