public import TesseraCore
internal import TesseraTransforms

/// A sample on its way into a batch: its pictures are tensors now.
public struct LoadedSample: Sendable {
  /// Which sample of the dataset this is (the substitute, where one stands in).
  public var key: SampleKey
  /// The place in the full batch.
  public var slot: Int
  public var name: String
  /// One tensor a picture: `[C, H, W]` (`[V, C, H, W]` with views), or channels last if the loader says so.
  public var pictures: [AnyTensor]
  public var label: Int?
  public var text: String?
  public var conversation: [ConversationTurn]
  public var rejected: [RejectedAnswer]
  /// What reports group the sample by; nil where there is nothing.
  public var category: String?
  public var tensors: [String: AnyTensor]
  /// Masks, boxes and keypoints where the pipeline moved them.
  public var annotations: Annotations
  /// What errors call the sample.
  var place: String
  /// Set where the only picture was written into the batch's own memory: what it is there.
  var inPlace: TensorInfo?

  init(_ sample: Sample, key: SampleKey, slot: Int) {
    self.key = key
    self.slot = slot
    name = sample.name
    place = sample.place
    pictures = []
    label = sample.label
    text = sample.text
    conversation = sample.conversation
    rejected = sample.rejected
    category = sample.category
    tensors = sample.tensors
    annotations = sample.annotations
  }
}
