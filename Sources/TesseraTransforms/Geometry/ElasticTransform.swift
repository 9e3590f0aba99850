public import TesseraCore

/// Distorts a picture at random as if it were printed on rubber; the size stays.
///
/// Simard, Steinkraus, Platt: "Best practices for convolutional neural networks" (2003).
public struct ElasticTransform: ImageTransform, RandomTransform {
  /// The strength along x and y (one number for both).
  public var alpha: [Double]
  /// The standard deviations of the smoothing along x and y, in pixels (one number for both); 0 for none.
  public var sigma: [Double]
  /// Nearest or bilinear.
  public var filter: ResampleFilter
  public var fill: Fill

  public init(
    alpha: [Double] = [50], sigma: [Double] = [5], filter: ResampleFilter = .bilinear, fill: Fill = .zero
  ) {
    self.alpha = alpha
    self.sigma = sigma
    self.filter = filter
    self.fill = fill
    _ = checked()
  }

  public static let schema = TransformSchema(
    "elastic_transform", .geometry, "Distorts a picture at random as if it were on rubber.",
    prototype: ElasticTransform(),
    .optional("alpha", \.alpha, "strength, along x and y"),
    .optional("sigma", \.sigma, "smoothness, along x and y"),
    .optional("filter", \.filter, "nearest or bilinear"),
    .optional("fill", \.fill, "colour outside"))

  public func validate() throws { try Elastic.validate(alpha, sigma, filter, fill) }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    [Elastic(key: random.split().key, alpha: alpha, sigma: sigma, filter: filter, fill: fill)]
  }
}
