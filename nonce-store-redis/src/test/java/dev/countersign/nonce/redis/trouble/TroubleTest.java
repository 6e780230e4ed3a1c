package dev.countersign.nonce.redis.trouble;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.protocol.RedisProtocolException;
import io.netty.handler.ssl.NotSslRecordException;
import java.security.cert.CertificateException;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TroubleTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    NO_SCRIPT                  | NOSCRIPT No matching script. Please use EVAL.
                    OUT_OF_MEMORY              | OOM command not allowed when used memory > 'maxmemory'.
                    OUT_OF_MEMORY              | ERR Error running script (call to f_1): @user_script:14: @user_script: 14: -OOM command not allowed when used memory > 'maxmemory'.
                    MOVED                      | MOVED 3999 127.0.0.1:6381
                    ASK                        | ASK 3999 127.0.0.1:6381
                    TRY_AGAIN                  | TRYAGAIN Multiple keys request during rehashing of slot
                    CLUSTER_DOWN               | CLUSTERDOWN Hash slot not served
                    READ_ONLY                  | READONLY You can't write against a read only replica.
                    READ_ONLY                  | ERR Error running script (call to f_1): @user_script:14: -READONLY You can't write against a read only replica.
                    LOADING                    | LOADING Redis is loading the dataset in memory
                    PRIMARY_DOWN               | MASTERDOWN Link with MASTER is down
                    TOO_FEW_REPLICAS           | NOREPLICAS Not enough good replicas to write.
                    CANNOT_SAVE                | MISCONF Redis is configured to save RDB snapshots
                    PROTECTED_MODE             | DENIED Redis is running in protected mode
                    NOT_AUTHENTICATED          | WRONGPASS invalid username-password pair or user is disabled.
                    NOT_AUTHENTICATED          | NOAUTH Authentication required.
                    NOT_AUTHENTICATED          | ERR invalid password
                    COMMAND_NOT_ALLOWED        | NOPERM this user has no permissions to run the 'info' command
                    COMMAND_NOT_ALLOWED        | ERR ACL failure in script: User app has no permissions to run the 'get' command
                    SCRIPT_COMMAND_NOT_ALLOWED | ERR The user executing the script can't run this command or subcommand
                    KEY_NOT_ALLOWED            | NOPERM this user has no permissions to access one of the keys used as arguments
                    KEY_NOT_ALLOWED            | ERR The user executing the script can't access at least one of the keys mentioned in the command arguments
                    UNSPECIFIC                 | ERR This instance has cluster support disabled
                    OTHER                      | BUSY Redis is busy running a script.
                    OTHER                      | what nobody has heard of
                    """)
    void anErrorOfRedisIsReadOnce(ErrorReply.Code code, String text) {
        assertEquals(code, ErrorReply.parse(text).code());
    }

    @Test
    void anErrorCarriesWhatItNames() {
        assertEquals(
                "127.0.0.1:6381", ErrorReply.parse("MOVED 3999 127.0.0.1:6381").node());
        assertEquals(":6381", ErrorReply.parse("ASK 3999 :6381").node());
        assertEquals("", ErrorReply.parse("TRYAGAIN of two keys").node());
        assertEquals(
                "CLUSTER NODES",
                ErrorReply.parse("NOPERM no permissions to run the 'cluster|nodes' command")
                        .command());
        assertNull(ErrorReply.parse("NOPERM no permissions to access a key").command());
        assertEquals("an error", ErrorReply.parse("geheim").word());
    }

    @Test
    void anErrorIsFoundBehindWhatWrapsIt() {
        ErrorReply error = ErrorReply.in(new CompletionException(new RedisCommandExecutionException("ASK 1 a:1")));
        assertNotNull(error);
        assertEquals(ErrorReply.Code.ASK, error.code());
        assertNull(ErrorReply.in(new IllegalStateException("ASK 1 a:1")));
    }

    @Test
    void theKindDecidesAndTheWordsDoNot() {
        assertEquals(Trouble.Kind.SLOT_ELSEWHERE, kind(redis("ASK 1 a:1")));
        assertEquals(Trouble.Kind.SLOT_ELSEWHERE, kind(redis("MOVED 1 a:1")));
        assertEquals(Trouble.Kind.SLOT_ELSEWHERE, kind(redis("TRYAGAIN two keys")));
        assertEquals(Trouble.Kind.UNAVAILABLE, kind(new RedisUnavailableException("Redis answers ASK")));
        assertEquals(Trouble.Kind.UNAVAILABLE, kind(redis("ERR ASK")));
        assertEquals(Trouble.Kind.UNAVAILABLE, kind(new IllegalStateException("NOPERM")));
        assertTrue(Trouble.of(redis("NOPERM no permissions to run the 'get' command"))
                .isRefusal());
        assertTrue(Trouble.of(new RefusedServerException("too old")).isRefusal());
        assertFalse(Trouble.of(new RedisUnavailableException("WRONGPASS")).isRefusal());
    }

    @Test
    void whatIsNoRedisIsKnownByTheTypeOfTheException() {
        assertTrue(Trouble.of(new CompletionException(new NotSslRecordException("not an SSL/TLS record")))
                .isRefusal());
        assertTrue(Trouble.of(new CertificateException("No name matching")).isRefusal());
        Trouble http = Trouble.of(new RedisProtocolException("Invalid first byte: 72"));
        assertTrue(http.isRefusal());
        assertFalse(http.words().contains("72"), http.words());
        assertTrue(Trouble.of(new RedisProtocolException("said otherwise")).isRefusal());
        assertFalse(
                Trouble.of(new IllegalStateException("Invalid first byte: 72")).isRefusal());
    }

    @Test
    void nothingThatWasSentIsRepeated() {
        for (String error :
                new String[] {"ERR unknown command 'geheim'", "geheim", "WRONGPASS geheim", "OTHER geheim"}) {
            String words = Trouble.of(redis(error)).words();
            assertFalse(words.contains("geheim"), words);
        }
    }

    private static Trouble.Kind kind(Throwable failure) {
        return Trouble.of(failure).kind();
    }

    private static RedisCommandExecutionException redis(String error) {
        return new RedisCommandExecutionException(error);
    }
}
