public import TesseraCore
private import CKernels

/// A weighted sum of a picture and of what chains of operations make of it.
///
/// Sums in float, in the order of the chains, each product and sum rounded; the result is truncated to bytes.
/// - Shape: unchanged; L, LA, RGB or RGBA. Chains must keep size and format. Masks, boxes and keypoints stay.
public struct Mix: ImageOperation {
  /// The weight of the picture itself.
  public var original: Double
  /// The weight of each chain.
  public var weights: [Double]
  /// The operations of each chain, in order.
  public var chains: [[any ImageOperation]] {
    get { lists.map { $0.transforms.compactMap { $0 as? any ImageOperation } } }
    set { lists = newValue.map { TransformList($0) } }
  }
  var lists: [TransformList]

  /// - Parameters:
  ///   - original: the weight of the picture itself.
  ///   - weights: as many as there are chains.
  ///   - chains: the operations of each chain, in order.
  public init(original: Double, weights: [Double], chains: [[any ImageOperation]]) {
    self.original = original
    self.weights = weights
    lists = chains.map { TransformList($0) }
    _ = checked()
  }

  public static let schema = TransformSchema(
    "mix", .operation, "Adds up a picture and what chains of operations make of it, with weights.",
    prototype: Mix(original: 1, weights: [], chains: []),
    .required("original", \.original, "weight of the picture itself"),
    .required("weights", \.weights, "weight of each chain"),
    .required("chains", \.lists, "operations of each chain, [[operation, …], …]"))

  public func validate() throws {
    guard weights.count == lists.count, (weights + [original]).allSatisfy({ $0 >= 0 && $0.isFinite }) else {
      throw TesseraError(
        .invalidArgument(
          name: "weights", expected: "\(lists.count) numbers of at least 0 (one a chain)", got: "\(weights)"))
    }
    for transform in lists.flatMap(\.transforms) where !(transform is any ImageOperation) {
      throw TesseraError(
        .invalidArgument(
          name: "chains", expected: "operations with fixed numbers", got: type(of: transform).schema.name))
    }
  }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    _ = try picture.checked(.eightBit, for: Self.schema.name)
    for chain in chains {
      let end = try chain.reduce(picture) { try $1.output(for: $0) }
      guard end.size == picture.size, end.format == picture.format else {
        throw TesseraError(
          .invalidInput(
            operation: Self.schema.name, expected: "chains that keep size and format",
            got:
              "one that makes \(end.size) \(end.format.pillowMode) of \(picture.size) \(picture.format.pillowMode)"
          ))
      }
    }
    return picture
  }

  public func apply(to image: Image) throws -> Image {
    _ = try output(for: image.info)
    var sum = [Float](repeating: 0, count: image.byteCount)
    func add(_ picture: Image, _ weight: Double) {
      picture.withUnsafeBytes { bytes in
        tk_accumulate_u8(
          bytes.baseAddress!.assumingMemoryBound(to: UInt8.self), bytes.count, Float(weight), &sum)
      }
    }
    add(image, original)
    for (chain, weight) in zip(chains, weights) {
      add(try chain.reduce(image) { try $1.apply(to: $0) }, weight)
    }
    return image.mapped { _, target in tk_u8_from_f32(sum, sum.count, target) }
  }
}
