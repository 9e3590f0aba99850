import Foundation
import Tessera

// The library's loader, as one of the programs that Benchmarks/loader.py measures beside each other. It answers JSON lines;
// Benchmarks/peers/common.py says which.
//   LoaderPeer [fast]     fast: decoded at a smaller scale where the recipe shrinks more than that, as `--decode-scale fast`

/// What is to be done; the same for all programs.
struct Recipe: Codable {
  var name: String
  var files: [String]
  var batch: Int
  var threads: Int
  /// The output's edge.
  var size: Int
  /// The shorter edge before the middle is cut out; nil for a random crop.
  var edge: Int?
  var filter: String
}

struct Question: Codable {
  var recipe: Recipe?
  var `do`: String?
  var path: String?
}

struct Answer: Encodable {
  var ready: Bool?
  var versions: [String: String]?
  var means: String?
  var images: Int?
  var seconds: Double?
  var shape: [Int]?
  var dtype: String?
  var mean: Double?
  var deviation: Double?
  /// Of the first random batch: which files, and x, y, width, height, is flipped.
  var files: [String]?
  var windows: [[Int]]?
  var unsupported: String?
  var error: String?
}

struct Failure: Error, CustomStringConvertible {
  var description: String
}

/// One recipe's loader, epoch after epoch.
struct Rival {
  let recipe: Recipe
  let loader: DataLoader
  var epoch = 0

  init(_ recipe: Recipe, isFast: Bool) {
    self.recipe = recipe
    var policy = DecodePolicy.tessera
    if isFast { policy.decodeScale = .fast }
    let filter: ResampleFilter = recipe.filter == "bicubic" ? .bicubic : .bilinear
    let pipeline: Pipeline
    if let edge = recipe.edge {
      pipeline = Pipeline {
        Resize(edge, filter: filter)
        CenterCrop(recipe.size)
        ToTensor()
        Normalize(.imageNet)
      }
    } else {
      pipeline = Pipeline {
        RandomResizedCrop(recipe.size, filter: filter)
        RandomHorizontalFlip()
        ToTensor()
        Normalize(.imageNet)
      }
    }
    let files = PictureFiles(files: recipe.files.map { PictureFile(name: $0, path: $0) })
    loader = DataLoader(
      files.map(pipeline, policy: policy), batchSize: recipe.batch,
      order: recipe.edge == nil ? .shuffled(seed: 1) : .sequential, seed: 1, threads: recipe.threads)
  }

  mutating func run() throws -> Answer {
    epoch += 1
    var images = 0
    let start = ContinuousClock.now
    for batch in loader.epoch(epoch).blocking {
      let batch = try batch.get()
      images += batch.count
      guard batch.images.shape.dropFirst() == [3, recipe.size, recipe.size] else {
        throw Failure(description: "a batch of \(batch.images.shape)")
      }
    }
    let time = (ContinuousClock.now - start).components
    return Answer(images: images, seconds: Double(time.seconds) + Double(time.attoseconds) * 1e-18)
  }

  /// The first batch into a file, with what chance decided for it; mean and deviation of the whole epoch.
  func first(_ path: String) throws -> Answer {
    var answer = Answer(dtype: "float32")
    var count = 0
    var sum = 0.0
    var squares = 0.0
    for batch in loader.epoch(0).blocking {
      let batch = try batch.get()
      if answer.shape == nil {
        answer.shape = batch.images.shape
        try batch.write(npy: path)
        if recipe.edge == nil { try tell(batch, in: &answer) }
      }
      batch.images.withUnsafeBytes { bytes in
        for value in bytes.bindMemory(to: Float.self) {
          count += 1
          sum += Double(value)
          squares += Double(value) * Double(value)
        }
      }
    }
    let mean = sum / Double(count)
    answer.mean = mean
    answer.deviation = (squares / Double(count) - mean * mean).squareRoot()
    return answer
  }

  private func tell(_ batch: Batch, in answer: inout Answer) throws {
    answer.files = batch.names
    answer.windows = try batch.slots.map { slot in
      let operations = try loader.replay(batch.position, slot: slot).draws[0].operations
      guard let crop = operations.lazy.compactMap({ $0 as? Crop }).first?.rect else {
        throw Failure(description: "a draw without a crop")
      }
      let isFlipped = operations.contains { $0 is HorizontalFlip }
      return [crop.x, crop.y, crop.width, crop.height, isFlipped ? 1 : 0]
    }
  }
}

func answer(_ line: String, _ rival: inout Rival?, isFast: Bool) throws -> Answer {
  let question = try JSONDecoder().decode(Question.self, from: Data(line.utf8))
  if let recipe = question.recipe {
    rival = Rival(recipe, isFast: isFast)
    return Answer(ready: true, versions: [:], means: "\(recipe.threads) threads")
  }
  guard rival != nil else { throw Failure(description: "no recipe yet") }
  switch question.do {
  case "epoch": return try rival!.run()
  case "first": return try rival!.first(question.path ?? "first.npy")
  default: return Answer(unsupported: "its own windows are told with the first batch")
  }
}

var rival: Rival?
let isFast = CommandLine.arguments.dropFirst().contains("fast")
let encoder = JSONEncoder()
while let line = readLine() {
  let answered: Answer
  do { answered = try answer(line, &rival, isFast: isFast) } catch { answered = Answer(error: "\(error)") }
  FileHandle.standardOutput.write(try encoder.encode(answered) + Data("\n".utf8))
}
