package detangle.models.text;

import detangle.models.text.TokenizerSettings.Stated;
import detangle.models.text.encoder.AddedToken;
import detangle.models.text.encoder.DescribedTokenizer;
import detangle.models.text.encoder.TokenizerDescription;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Applies {@link TokenizerSettings} to a tokenizer, wherever its vocabulary comes from. */
final class SettingsApplied {
    private SettingsApplied() {}

    /**
     * Returns the encoder of a description, with the tokens that the settings add to it.
     *
     * @throws TokenizerException if they contradict each other, or if there is no padding token
     */
    static Tokenizer encoder(TokenizerDescription description, TokenizerSettings settings) {
        TokenizerDescription whole = withTokens(description, settings);
        String pad = settings.role("pad_token", description.padToken().orElse(SpecialTokens.PAD));
        int padId = whole.find(pad)
                .orElseThrow(() -> new TokenizerException(
                        description.origin(),
                        "it has no padding token " + pad + "; " + TokenizerSettings.CONFIG
                                + " may name another as pad_token"));
        Optional<Integer> mask = whole.find(settings.role("mask_token", SpecialTokens.MASK));
        return new DescribedTokenizer(
                whole, padId, mask.map(OptionalInt::of).orElse(OptionalInt.empty()), settings.modelMaxLength());
    }

    /**
     * Returns a tokenizer of other files than a tokenizer.json, whose added tokens have the properties that are stated.
     */
    static TokenizerDescription restated(TokenizerDescription description, TokenizerSettings settings) {
        Map<String, AddedToken> stated = new HashMap<>();
        settings.added().stream()
                .filter(s -> s.file().equals(TokenizerSettings.CONFIG))
                .forEach(s -> stated.put(s.token().content(), s.token()));
        return description.withAddedTokens(description.addedTokens().stream()
                .map(t -> stated.getOrDefault(t.content(), t).withId(t.id()))
                .toList());
    }

    /** Tokens that the description has stay as they are; others are added, first those whose ids are stated. */
    static TokenizerDescription withTokens(TokenizerDescription description, TokenizerSettings settings) {
        Map<String, AddedToken> tokens = new HashMap<>();
        Map<Integer, AddedToken> byId = new HashMap<>();
        List<AddedToken> all = new ArrayList<>(description.addedTokens());
        for (AddedToken token : all) {
            tokens.put(token.content(), token);
            byId.put(token.id(), token);
        }
        for (Stated stated : settings.added()) {
            AddedToken token = stated.token();
            check(description, stated, Optional.ofNullable(tokens.get(token.content())), byId);
            if (tokens.putIfAbsent(token.content(), token) == null) {
                byId.put(token.id(), token);
                all.add(token);
            }
        }
        int next = Math.max(
                description.model().size(), description.model().vocabulary().limit());
        for (AddedToken token : all) {
            next = Math.max(next, token.id() + 1);
        }
        for (AddedToken token : settings.special()) {
            if (!tokens.containsKey(token.content())) {
                OptionalInt known = description.model().vocabulary().find(token.content());
                AddedToken added = token.withId(known.orElse(next));
                next = Math.max(next, added.id() + 1);
                tokens.put(added.content(), added);
                all.add(added);
            }
        }
        return description.withAddedTokens(all);
    }

    /** Checks that a file's ids of tokens agree with the tokens that there are. */
    private static void check(
            TokenizerDescription description,
            Stated stated,
            Optional<AddedToken> known,
            Map<Integer, AddedToken> byId) {
        AddedToken token = stated.token();
        OptionalInt here = known.map(AddedToken::id)
                .map(OptionalInt::of)
                .orElseGet(() -> description.model().vocabulary().find(token.content()));
        if (here.isPresent()) {
            if (here.getAsInt() != token.id()) {
                throw contradiction(description, stated, "it is " + here.getAsInt());
            }
            return;
        }
        AddedToken other = byId.get(token.id());
        if (other != null) {
            throw contradiction(description, stated, "that is " + JsonComponent.quoted(other.content()));
        }
        if (description.model().vocabulary().has(token.id())) {
            String name = description.model().vocabulary().token(token.id());
            throw contradiction(description, stated, "that is " + JsonComponent.quoted(name));
        }
    }

    private static TokenizerException contradiction(TokenizerDescription description, Stated stated, String fact) {
        Path folder = description.origin().toAbsolutePath().getParent();
        return new TokenizerException(
                folder.resolve(stated.file()),
                "gives " + JsonComponent.quoted(stated.token().content()) + " the id "
                        + stated.token().id() + "; in " + description.origin().getFileName() + " " + fact);
    }
}
