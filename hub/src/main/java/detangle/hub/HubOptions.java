package detangle.hub;

import java.io.File;
import java.io.IOException;
import java.net.Authenticator;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * The options of the hub: the address of models and the folder that keeps them.
 *
 * @param endpoint of the hub
 * @param cache the folder that snapshots are kept in, laid out as huggingface_hub does
 * @param token for models that are private or gated; only ever sent to the endpoint
 * @param offline whether the cache must do
 * @param proxies between here and the hub
 * @param timeout for a connection, and for the next bytes of it
 */
public record HubOptions(
        URI endpoint, Path cache, Optional<String> token, boolean offline, ProxySelector proxies, Duration timeout) {
    private static final int DEFAULT_TIMEOUT_SECONDS = 10;
    private static final int MAX_TOKEN_FILE_BYTES = 1 << 12;

    /**
     * Returns what the environment says, in huggingface_hub's variables: HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_TOKEN,
     * HF_TOKEN_PATH, HF_HUB_OFFLINE, HF_HUB_DOWNLOAD_TIMEOUT, and HTTPS_PROXY, HTTP_PROXY, NO_PROXY.
     *
     * @throws HubException if one makes no sense
     */
    public static HubOptions fromEnvironment() {
        return of(System.getenv(), userHome(System.getenv()));
    }

    /** Returns the user's folder as Python finds it: HOME comes before the folder that the system has for the user. */
    static Path userHome(Map<String, String> environment) {
        boolean isWindows = File.separatorChar == '\\';
        return Path.of(Optional.ofNullable(environment.get("HOME"))
                .filter(home -> !home.isBlank() && !isWindows)
                .orElse(System.getProperty("user.home")));
    }

    static HubOptions of(Map<String, String> environment, Path userHome) {
        Environment e = new Environment(environment, userHome);
        Path home = e.path("HF_HOME")
                .orElseGet(() -> e.path("XDG_CACHE_HOME")
                        .orElseGet(() -> userHome.resolve(".cache"))
                        .resolve("huggingface"));
        Path cache =
                e.path("HF_HUB_CACHE").or(() -> e.path("HUGGINGFACE_HUB_CACHE")).orElseGet(() -> home.resolve("hub"));
        Path tokenFile = e.path("HF_TOKEN_PATH").orElseGet(() -> home.resolve("token"));
        Optional<String> token = e.token("HF_TOKEN").or(() -> e.token("HUGGING_FACE_HUB_TOKEN"));
        if (token.isEmpty() && !e.isTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
            token = stored(tokenFile).map(t -> checked(t, tokenFile.toString()));
        }
        return new HubOptions(
                e.endpoint(),
                cache,
                token,
                e.isTrue("HF_HUB_OFFLINE") || e.isTrue("TRANSFORMERS_OFFLINE"),
                EnvironmentProxies.of(environment),
                Duration.ofSeconds(e.seconds("HF_HUB_DOWNLOAD_TIMEOUT").orElse(DEFAULT_TIMEOUT_SECONDS)));
    }

    private static Optional<String> stored(Path file) {
        if (!Files.isReadable(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(HubJson.text(file, MAX_TOKEN_FILE_BYTES).strip()).filter(t -> !t.isEmpty());
        } catch (CharacterCodingException e) {
            throw new HubException(file + " holds no token: it is not text", e);
        } catch (IOException e) {
            throw new HubException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Refuses a token that cannot stand in a header of HTTP. The message does not show the token. */
    private static String checked(String token, String from) {
        if (token.chars().anyMatch(c -> c <= ' ' || c >= 0x7F)) {
            throw new HubException(
                    from + " holds no token: a token has only letters, digits and signs of ASCII, and no white space");
        }
        return token;
    }

    Proxy proxy(URI uri) {
        return proxies.select(uri).stream().findFirst().orElse(Proxy.NO_PROXY);
    }

    /** Returns what tells the proxy between here and an address who asks. */
    Optional<Authenticator> authenticator(URI uri) {
        return proxies instanceof EnvironmentProxies named ? named.authenticator(uri) : Optional.empty();
    }

    /** Never shows the token. */
    @Override
    public String toString() {
        return "HubOptions[" + endpoint + ", " + cache + (offline ? ", offline" : "") + "]";
    }

    private record Environment(Map<String, String> variables, Path userHome) {
        Optional<String> text(String name) {
            return Optional.ofNullable(variables.get(name)).map(String::strip).filter(v -> !v.isEmpty());
        }

        Optional<String> token(String name) {
            return text(name).map(token -> checked(token, name));
        }

        Optional<Path> path(String name) {
            try {
                return text(name)
                        .map(v -> v.equals("~") || v.startsWith("~/") ? userHome + v.substring(1) : v)
                        .map(Path::of);
            } catch (InvalidPathException e) {
                throw new HubException(name + " is '" + variables.get(name) + "', which is not a path", e);
            }
        }

        boolean isTrue(String name) {
            return text(name).filter(v -> v.matches("(?i)1|on|yes|true")).isPresent();
        }

        Optional<Integer> seconds(String name) {
            return text(name).map(v -> {
                if (!v.matches("[1-9][0-9]{0,5}")) {
                    throw new HubException(name + " is '" + v + "', and should be a number of seconds");
                }
                return Integer.valueOf(v);
            });
        }

        URI endpoint() {
            String text = text("HF_ENDPOINT").orElse("https://huggingface.co");
            try {
                URI uri = URI.create(text.replaceFirst("/+$", ""));
                if (HubClient.isWeb(uri) && uri.getQuery() == null && uri.getFragment() == null) {
                    return uri;
                }
            } catch (IllegalArgumentException e) {
                throw new HubException("HF_ENDPOINT is '" + text + "', which is not an address", e);
            }
            throw new HubException("HF_ENDPOINT is '" + text + "', which is not an address of http or https");
        }
    }
}
