import Foundation
import Tessera

// Two epochs whose place is saved after every step. Kill it anywhere and start it again: it goes on from there.
//   Resume [folder] [state file]
let (folder, file) = (argument(1) ?? "samples/photos", argument(2) ?? "loader.json")

let train = try ImageFolder(folder).map {
  RandomResizedCrop(64)
  ToTensor()
}
let loader = DataLoader(train, batchSize: 8, order: .shuffled(seed: 42))
let exists = FileManager.default.fileExists(atPath: file)
let state = exists ? try LoaderState(contentsOf: file) : try loader.state()

for epoch in state.epoch..<2 {
  let batches = epoch == state.epoch ? try loader.epoch(resuming: state) : loader.epoch(epoch)
  for try await batch in batches {
    print(batch.position, batch.indices)  // here the model takes its step, and is saved with the state
    try loader.state(after: batch).write(to: file)
  }
}

func argument(_ number: Int) -> String? {
  CommandLine.arguments.count > number ? CommandLine.arguments[number] : nil
}
