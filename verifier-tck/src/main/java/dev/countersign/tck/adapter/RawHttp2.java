package dev.countersign.tck.adapter;

import dev.countersign.tck.RawHttp.Answer;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One request over HTTP/2 without TLS, by a client that knows that the server speaks it. Sends the fields that it is given, pseudo-header
 * fields or others, right or wrong. Of the answer's fields it reads the status alone.
 */
final class RawHttp2 implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 20_000;
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int GOAWAY = 7;
    private static final int END_STREAM = 1;
    private static final int ACK = 1;
    private static final int END_HEADERS = 4;
    private static final int PADDED = 8;
    private static final int PRIORITY = 0x20;
    private static final int MOST_FRAMES = 10_000;
    private static final int STATUS = 8;
    private static final String[] STATUSES = {"200", "204", "206", "304", "400", "404", "500"};

    private final Socket socket;
    private final DataInputStream in;
    private int stream = -1;

    /** Connects, and speaks HTTP/2 at once. */
    RawHttp2(int port) throws IOException {
        this(port, true);
    }

    private RawHttp2(int port, boolean atOnce) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        in = new DataInputStream(socket.getInputStream());
        if (atOnce) {
            begin();
        }
    }

    private void begin() throws IOException {
        ByteArrayOutputStream first = new ByteArrayOutputStream();
        first.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        // No table for header fields, so that a status is sent as it is; no push.
        first.writeBytes(frame(SETTINGS, 0, 0, new byte[] {0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0}));
        write(first.toByteArray());
    }

    /** Sends a head and all of its body, but not that this was all. */
    void begin(List<Map.Entry<String, String>> fields, String body) throws IOException {
        stream += 2;
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (Map.Entry<String, String> field : fields) {
            block.write(0);
            string(block, field.getKey());
            string(block, field.getValue());
        }
        write(frame(HEADERS, END_HEADERS, stream, block.toByteArray()));
        write(frame(DATA, 0, stream, body.getBytes(StandardCharsets.ISO_8859_1)));
    }

    /** Says that the body was all, in an empty frame. */
    void end() throws IOException {
        write(frame(DATA, END_STREAM, stream, new byte[0]));
    }

    /**
     * Sends a request in HTTP/1.1 that asks to go on in HTTP/2, and reads its answer in what the server has chosen: of one in HTTP/1.1 only
     * the status. Null if there is none.
     */
    static @Nullable Answer upgrade(int port, String request) throws IOException {
        try (RawHttp2 http = new RawHttp2(port, false)) {
            http.write(request.getBytes(StandardCharsets.ISO_8859_1));
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                int b = http.in.read();
                if (b < 0) {
                    return null;
                }
                head.append((char) b);
            }
            int status = number(head.substring(0, head.indexOf("\r\n")).split(" ", 3)[1], 10);
            if (status != 101) {
                return answer(status, new ByteArrayOutputStream());
            }
            http.stream = 1;
            http.begin();
            return http.read();
        }
    }

    /** Sends a request and reads its answer; null if the stream or the connection was ended without one. */
    @Nullable Answer exchange(List<Map.Entry<String, String>> fields, String body) throws IOException {
        stream += 2;
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (Map.Entry<String, String> field : fields) {
            block.write(0); // literal, not indexed, with its name
            string(block, field.getKey());
            string(block, field.getValue());
        }
        write(frame(HEADERS, END_HEADERS | (body.isEmpty() ? END_STREAM : 0), stream, block.toByteArray()));
        if (!body.isEmpty()) {
            byte[] bytes = body.getBytes(StandardCharsets.ISO_8859_1);
            int half = bytes.length / 2;
            write(frame(DATA, 0, stream, java.util.Arrays.copyOfRange(bytes, 0, half)));
            write(frame(DATA, END_STREAM, stream, java.util.Arrays.copyOfRange(bytes, half, bytes.length)));
        }
        return read();
    }

    /** Reads the answer; null if the stream or the connection was ended without one. */
    @Nullable Answer read() throws IOException {
        int status = 0;
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        try {
            for (int i = 0; i < MOST_FRAMES; i++) {
                int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
                int type = in.readUnsignedByte();
                int flags = in.readUnsignedByte();
                int of = in.readInt();
                byte[] payload = in.readNBytes(length);
                if (type == SETTINGS && (flags & ACK) == 0) {
                    write(frame(SETTINGS, ACK, 0, new byte[0]));
                } else if (type == PING && (flags & ACK) == 0) {
                    write(frame(PING, ACK, 0, payload));
                } else if (type == GOAWAY || (type == RST_STREAM && of == stream)) {
                    return status == 0 ? null : answer(status, body);
                } else if (of == stream && (type == HEADERS || type == DATA)) {
                    byte[] content = withoutPadding(payload, flags, type == HEADERS);
                    if (type == DATA) {
                        body.writeBytes(content);
                    } else if (status < 200) {
                        status = status(content);
                    }
                    if ((flags & END_STREAM) != 0) {
                        return answer(status, body);
                    }
                }
            }
        } catch (EOFException | SocketException closed) {
            return status == 0 ? null : answer(status, body);
        }
        throw new IOException("no end of frames");
    }

    private static Answer answer(int status, ByteArrayOutputStream body) {
        return new Answer(status, List.of(), body.toString(StandardCharsets.ISO_8859_1));
    }

    private static byte[] withoutPadding(byte[] payload, int flags, boolean isHead) {
        int from = 0;
        int padding = 0;
        if ((flags & PADDED) != 0) {
            padding = payload[0] & 0xff;
            from = 1;
        }
        if (isHead && (flags & PRIORITY) != 0) {
            from += 5;
        }
        return java.util.Arrays.copyOfRange(payload, from, payload.length - padding);
    }

    /** The first field of a head, which is its status. */
    private static int status(byte[] block) throws IOException {
        int at = 0;
        while ((block[at] & 0xe0) == 0x20) {
            at++; // the size of a table that stays empty
        }
        int first = block[at] & 0xff;
        if ((first & 0x80) != 0) {
            return number(STATUSES[(first & 0x7f) - STATUS], 10);
        }
        int name = first & ((first & 0x40) != 0 ? 0x3f : 0x0f);
        at++;
        if (name == 0) {
            at += 1 + (block[at] & 0x7f);
        } else if (name < STATUS || name >= STATUS + STATUSES.length) {
            throw new IOException("the first field is no status");
        }
        boolean isCoded = (block[at] & 0x80) != 0;
        int length = block[at] & 0x7f;
        byte[] value = java.util.Arrays.copyOfRange(block, at + 1, at + 1 + length);
        return number(isCoded ? digits(value) : new String(value, StandardCharsets.US_ASCII), 10);
    }

    /** Undoes the code of HPACK for three digits: 0 to 2 have five bits, the others six. */
    private static String digits(byte[] coded) throws IOException {
        StringBuilder bits = new StringBuilder();
        for (byte b : coded) {
            bits.append(Integer.toBinaryString((b & 0xff) | 0x100).substring(1));
        }
        StringBuilder digits = new StringBuilder();
        int at = 0;
        while (digits.length() < 3) {
            int five = number(bits.substring(at, at + 5), 2);
            if (five <= 2) {
                digits.append(five);
                at += 5;
            } else {
                int six = number(bits.substring(at, at + 6), 2);
                if (six < 0x19 || six > 0x1f) {
                    throw new IOException("a status of no digits");
                }
                digits.append(six - 0x16);
                at += 6;
            }
        }
        return digits.toString();
    }

    private static int number(String text, int radix) {
        return new BigInteger(text, radix).intValueExact();
    }

    private static void string(ByteArrayOutputStream block, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        int length = bytes.length;
        if (length < 0x7f) {
            block.write(length);
        } else {
            block.write(0x7f);
            int rest = length - 0x7f;
            while (rest >= 0x80) {
                block.write((rest & 0x7f) | 0x80);
                rest >>= 7;
            }
            block.write(rest);
        }
        block.writeBytes(bytes);
    }

    private static byte[] frame(int type, int flags, int of, byte[] payload) {
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.write(payload.length >> 16);
        frame.write(payload.length >> 8);
        frame.write(payload.length);
        frame.write(type);
        frame.write(flags);
        for (int shift = 24; shift >= 0; shift -= 8) {
            frame.write(of >> shift);
        }
        frame.writeBytes(payload);
        return frame.toByteArray();
    }

    private void write(byte[] bytes) throws IOException {
        try {
            socket.getOutputStream().write(bytes);
            socket.getOutputStream().flush();
        } catch (SocketException closed) {
            // What it has answered is still to be read.
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
