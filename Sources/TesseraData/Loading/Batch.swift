public import TesseraCore

/// Samples ready for a training step, and where they stand.
///
/// Row *i* of everything belongs to the sample `keys[i]`, which was meant for slot `slots[i]`. Where a sample
/// failed and the policy is to skip, the batch has a row less and `slots` jumps over the hole.
///
/// A batch is a value over memory that its loader uses again: keep it as long as you like, but let go of batches
/// that are done with.
public struct Batch: Sendable {
  /// Epoch and number: with the loader, enough to make the batch again.
  public let position: BatchPosition
  /// Slots of a full batch at this position: the rows, and the holes.
  public let slotCount: Int
  /// Which sample each row is.
  public var keys: [SampleKey]
  /// The slot of each row.
  public var slots: [Int]
  /// What errors and reports call each row's sample.
  public var names: [String]

  /// The pictures, stacked.
  ///
  /// - Shape: `[N, C, H, W]` with N the pictures of all rows (`imageCounts`), in most data one a row; `[N, V, C, H,
  ///   W]` with views; channels last if the loader says so. `[0]` where there are none (every
  ///   sample failed: look at `isEmpty`), or where the collator keeps them as a list.
  public var images: AnyTensor
  /// The pictures one by one, where the collator keeps them so.
  public var imageList: [AnyTensor]
  /// `[N, H, W]`, 1 where `images` holds a picture and 0 where it is padding; only with the padding collator.
  public var imageMask: Tensor<UInt8>?
  /// How many pictures each row has.
  public var imageCounts: [Int]

  /// `[B]`, −1 where a sample has no label.
  public var labels: Tensor<Int64>
  /// `[B, classes]`: what `MixUp` and `CutMix` make of the labels.
  public var softLabels: Tensor<Float>?
  public var texts: [String?]
  public var conversations: [[ConversationTurn]]
  /// What is worse than each conversation's last turn.
  public var rejected: [[RejectedAnswer]]
  /// What reports group each row by.
  public var categories: [String?]
  /// The samples' arrays by name, stacked: `[B, …]`.
  public var tensors: [String: AnyTensor]
  /// Arrays of unequal shapes, which only the padding and the list collator keep.
  public var raggedTensors: [String: [AnyTensor]]
  public var annotations: [Annotations]

  /// The samples that were not to be had, in the order of their slots.
  public var failures: [SampleFailure]
  /// Failures of the epoch up to this batch, its own included; nil in a batch that `batch(at:)` made again under a
  /// policy that lets samples fail.
  public internal(set) var failureCount: Int?
  /// Whether pictures lie `[H, W, C]`.
  public package(set) var isChannelsLast = false

  /// A batch without pictures of some samples.
  init(position: BatchPosition, slotCount: Int, _ samples: [LoadedSample], failures: [SampleFailure]) {
    self.position = position
    self.slotCount = slotCount
    self.failures = failures
    keys = samples.map(\.key)
    slots = samples.map(\.slot)
    names = samples.map(\.name)
    images = .uint8(Tensor(shape: [0]))
    imageList = []
    imageCounts = samples.map { $0.inPlace == nil ? $0.pictures.count : 1 }
    labels = Tensor(shape: [samples.count], samples.map { Int64($0.label ?? -1) })
    texts = samples.map(\.text)
    conversations = samples.map(\.conversation)
    rejected = samples.map(\.rejected)
    categories = samples.map(\.category)
    annotations = samples.map(\.annotations)
    tensors = [:]
    raggedTensors = [:]
  }

  /// Rows.
  public var count: Int { keys.count }
  /// Whether every sample failed.
  public var isEmpty: Bool { keys.isEmpty }
  /// The rows' indices in the dataset.
  public var indices: [Int] { keys.map(\.index) }
  /// False for rows that only fill a rank's last batch (`DistributedSampler` with exact tails).
  public var valid: [Bool] { keys.map { !$0.isPadding } }
}

extension Batch: CustomStringConvertible {
  public var description: String {
    "Batch(\(position), \(count) of \(slotCount), images \(images.shape) \(images.dataType.rawValue))"
  }
}
