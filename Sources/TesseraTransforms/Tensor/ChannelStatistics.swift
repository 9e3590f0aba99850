import TesseraCore

/// A mean and a standard deviation a channel: what `Normalize` subtracts and divides by.
///
/// - Units: of the tensor, usually 0...1.
public struct ChannelStatistics: Sendable, Hashable, Codable {
  public var mean: [Double]
  public var standardDeviation: [Double]

  public init(mean: [Double], standardDeviation: [Double]) {
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  /// ImageNet's training set: what torchvision's models were trained with.
  public static let imageNet = ChannelStatistics(
    mean: [0.485, 0.456, 0.406], standardDeviation: [0.229, 0.224, 0.225])
  /// OpenAI CLIP's, also LLaVA's and Qwen2-VL's.
  public static let clip = ChannelStatistics(
    mean: [0.48145466, 0.4578275, 0.40821073], standardDeviation: [0.26862954, 0.26130258, 0.27577711])
  /// SigLIP's: 0.5 and 0.5, which maps 0...1 to −1...1.
  public static let siglip = half
  /// 0.5 and 0.5 for each of three channels.
  public static let half = ChannelStatistics(mean: [0.5, 0.5, 0.5], standardDeviation: [0.5, 0.5, 0.5])

  /// Throws unless both lists have one length, above 0, and no deviation is 0.
  func validate(_ name: String) throws {
    guard !mean.isEmpty, mean.count == standardDeviation.count else {
      throw TesseraError(
        .invalidArgument(
          name: name, expected: "imagenet, clip, siglip, half, or a mean and a std for each channel",
          got: "\(mean.count) and \(standardDeviation.count) values"))
    }
    guard (mean + standardDeviation).allSatisfy(\.isFinite),
      standardDeviation.allSatisfy({ Float($0) != 0 })
    else {
      throw TesseraError(
        .invalidArgument(
          name: name, expected: "finite values and no std of 0 (it would divide by zero)",
          got: "mean \(mean), std \(standardDeviation)"))
    }
  }
}

/// The statistics that have a name in text.
enum NamedStatistics: String, CaseIterable, WordArgument {
  case imageNet = "imagenet"
  case clip, siglip, half

  var statistics: ChannelStatistics {
    switch self {
    case .imageNet: .imageNet
    case .clip: .clip
    case .siglip: .siglip
    case .half: .half
    }
  }
}

extension ChannelStatistics {
  /// The name, if there is one; setting it sets the values.
  var name: NamedStatistics? {
    get { NamedStatistics.allCases.first { $0.statistics == self } }
    set { if let newValue { self = newValue.statistics } }
  }
  /// What is written out: nothing where a name says it.
  var writtenMean: [Double] {
    get { name == nil ? mean : [] }
    set { mean = newValue }
  }
  /// What is written out: nothing where a name says it.
  var writtenDeviation: [Double] {
    get { name == nil ? standardDeviation : [] }
    set { standardDeviation = newValue }
  }
}
