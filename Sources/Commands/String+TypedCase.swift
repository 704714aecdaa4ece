package import RESP

extension String {
    /// The word in the case that is typed: in small letters where the word is begun so, or the one before it.
    package func inCase(of typed: ByteString, behind word: ByteString?) -> String {
        let letters = { (text: ByteString) in text.bytes.filter { 0x41...0x5a ~= $0 || 0x61...0x7a ~= $0 } }
        let own = letters(typed)
        let model = own.isEmpty ? letters(word ?? "") : own
        return model.first.map { $0 >= 0x61 } == true ? lowercased() : self
    }
}
