package import RESP

extension String {
    /// The word in the case being typed: in lower case if the word, or else the one before it, starts in lower case.
    package func inCase(of typed: ByteString, behind word: ByteString?) -> String {
        let letters = { (text: ByteString) in text.bytes.filter { 0x41...0x5a ~= $0 || 0x61...0x7a ~= $0 } }
        let own = letters(typed)
        let model = own.isEmpty ? letters(word ?? "") : own
        return model.first.map { $0 >= 0x61 } == true ? lowercased() : self
    }
}
