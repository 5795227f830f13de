/*
 * Micro benchmark of the JSON reader and splitter: sign-in records of Azure Monitor's shape, about
 * 4 KB each, read in blocks of 256 KiB on one core: from 64 MB in memory, and "cached" over and
 * over from one block, as in the pipeline, where the block has just been filled.
 *
 * Beside every speed stand the records and fields found, which must be the same for all tiers. Each
 * figure is the fastest of nine runs: whatever else the machine does only ever adds time.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "parsers/json.h"

enum { TEXT_BYTES = 64 * 1024 * 1024, RECORD_BYTES_MAX = 8192, RUNS = 9, CACHED_PASSES = 64 };

static const struct record_path paths[] = {
    {"time", 0},
    {"properties.userPrincipalName", 1},
    {"properties.ipAddress", 2},
    {"properties.status.errorCode", 3},
    {"properties.userAgent", 4},
    {"properties.appId", 5},
    {"properties.location.countryOrRegion", 6},
};
enum { PATHS_COUNT = sizeof(paths) / sizeof(paths[0]) };

struct text {
    char *start;
    size_t bytes, capacity;
    uint64_t seed;
};

/* SplitMix64. */
static uint64_t draw(struct text *text)
{
    uint64_t z = text->seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static __attribute__((format(printf, 2, 3))) void put(struct text *text, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    const int written =
        vsnprintf(text->start + text->bytes, text->capacity - text->bytes, format, values);
    va_end(values);
    if (written > 0)
        text->bytes += (size_t)written;
}

static void put_guid(struct text *text, const char *key)
{
    const uint64_t high = draw(text), low = draw(text);
    put(text, "\"%s\":\"%08x-%04x-4%03x-9%03x-%012" PRIx64 "\",", key, (unsigned)(high >> 32),
        (unsigned)(high >> 16 & 0xffff), (unsigned)(high & 0xfff), (unsigned)(low >> 52),
        low & UINT64_C(0xffffffffffff));
}

static void put_policies(struct text *text)
{
    const unsigned count = 2 + (unsigned)(draw(text) % 4);
    put(text, "\"appliedConditionalAccessPolicies\":[");
    for (unsigned i = 0; i < count; i++) {
        put(text, "%s{", i > 0 ? "," : "");
        put_guid(text, "id");
        put(text,
            "\"displayName\":\"CA%03u: require multifactor authentication for %s\","
            "\"enforcedGrantControls\":[\"Mfa\"],\"enforcedSessionControls\":[],"
            "\"result\":\"notApplied\",\"conditionsSatisfied\":3,\"conditionsNotSatisfied\":%u}",
            i, i % 2 != 0 ? "guests" : "all users", (unsigned)(draw(text) % 32));
    }
    put(text, "],");
}

static void put_details(struct text *text, unsigned minute)
{
    put(text,
        "\"authenticationProcessingDetails\":[{\"key\":\"Login Hint Present\",\"value\":\"True\"},"
        "{\"key\":\"Legacy TLS (TLS 1.0, 1.1, 3DES)\",\"value\":\"False\"},{\"key\":\"Is CAE "
        "Token\",\"value\":\"False\"}],\"networkLocationDetails\":[{\"networkType\":"
        "\"trustedNamedLocation\",\"networkNames\":[\"Head office\"]}],"
        "\"processingTimeInMilliseconds\":%u,\"riskDetail\":\"none\",\"riskLevelAggregated\":"
        "\"none\",\"riskLevelDuringSignIn\":\"none\",\"riskState\":\"none\",\"riskEventTypes\":[],"
        "\"riskEventTypes_v2\":[],\"resourceDisplayName\":\"Microsoft Graph\",",
        (unsigned)(draw(text) % 900));
    put_guid(text, "resourceId");
    put_guid(text, "resourceTenantId");
    put_guid(text, "homeTenantId");
    put(text,
        "\"homeTenantName\":\"\",\"authenticationDetails\":[{\"authenticationStepDateTime\":"
        "\"2024-02-01T09:%02u:07.1200000Z\",\"authenticationMethod\":\"Password\","
        "\"authenticationMethodDetail\":\"Password in the cloud\",\"succeeded\":false,"
        "\"authenticationStepResultDetail\":\"Invalid username or password or Invalid on-premise "
        "username or password.\",\"authenticationStepRequirement\":\"Primary authentication\","
        "\"StatusSequence\":0,\"RequestSequence\":1}],\"authenticationRequirementPolicies\":[{"
        "\"requirementProvider\":\"multiConditionalAccess\",\"detail\":\"Conditional Access\"}],"
        "\"sessionLifetimePolicies\":[],\"authenticationRequirement\":"
        "\"multiFactorAuthentication\",\"servicePrincipalId\":\"\",\"userType\":\"Member\","
        "\"flaggedForReview\":false,\"isTenantRestricted\":false,\"autonomousSystemNumber\":%u,"
        "\"crossTenantAccessType\":\"none\",\"privateLinkDetails\":{},\"ssoExtensionVersion\":\"\","
        "\"uniqueTokenIdentifier\":\"%016" PRIx64 "%016" PRIx64 "\",\"authenticationStrengths\":[],"
        "\"incomingTokenType\":\"none\",\"authenticationProtocol\":\"none\","
        "\"appServicePrincipalId\":null,\"rngcStatus\":0,\"signInTokenProtectionStatus\":\"none\","
        "\"tokenProtectionStatusDetails\":{\"signInSessionStatus\":\"unbound\","
        "\"signInSessionStatusCode\":1002},\"originalTransferMethod\":\"none\",\"isThroughGlobal"
        "SecureAccess\":false,\"conditionalAccessAudiences\":[],\"sessionId\":\"\"",
        minute, (unsigned)(draw(text) % 60000), draw(text), draw(text));
}

static void put_record(struct text *text)
{
    static const char *const countries[] = {"US", "DE", "GB", "NL", "BR"};
    const uint64_t dice = draw(text);
    const unsigned minute = (unsigned)(dice % 60), user = (unsigned)(dice >> 8) % 50000;
    const unsigned address = (unsigned)(dice >> 32) % 65536;
    const bool failed = (dice >> 60) == 0;
    put(text,
        "{\"time\":\"2024-02-01T09:%02u:07.1234567Z\",\"resourceId\":"
        "\"/tenants/6f2c1c0e-8a0b-4b44-9f0e-3b8a8a1f7d10/providers/Microsoft.aadiam\","
        "\"operationName\":\"Sign-in activity\",\"operationVersion\":\"1.0\",\"category\":"
        "\"SignInLogs\",\"tenantId\":\"6f2c1c0e-8a0b-4b44-9f0e-3b8a8a1f7d10\",\"resultType\":"
        "\"%s\",\"resultSignature\":\"None\",\"durationMs\":0,\"callerIpAddress\":"
        "\"203.0.%u.%u\",",
        minute, failed ? "50126" : "0", address >> 8, address & 255);
    put_guid(text, "correlationId");
    put(text, "\"identity\":\"Person %u\",\"Level\":4,\"location\":\"%s\",\"properties\":{", user,
        countries[dice % 5]);
    put_guid(text, "id");
    put(text,
        "\"createdDateTime\":\"2024-02-01T09:%02u:05.9876543+00:00\",\"userDisplayName\":"
        "\"Person %u\",\"userPrincipalName\":\"person%u@contoso.example\",",
        minute, user, user);
    put_guid(text, "userId");
    put_guid(text, "appId");
    put(text,
        "\"appDisplayName\":\"Office 365 Exchange Online\",\"ipAddress\":\"203.0.%u.%u\","
        "\"status\":{\"errorCode\":%s,\"failureReason\":\"%s\",\"additionalDetails\":\"\"},"
        "\"clientAppUsed\":\"Browser\",\"userAgent\":\"Mozilla/5.0 (Windows NT 10.0; Win64; x64) "
        "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%u.0.0.0 Safari/537.36\",\"deviceDetail\":{"
        "\"deviceId\":\"\",\"operatingSystem\":\"Windows 10\",\"browser\":\"Chrome 120.0.0\"},"
        "\"location\":{\"city\":\"Springfield\",\"state\":\"Some State\",\"countryOrRegion\":"
        "\"%s\",\"geoCoordinates\":{\"latitude\":39.78,\"longitude\":-89.64}},",
        address >> 8, address & 255, failed ? "50126" : "0",
        failed ? "Error validating credentials due to invalid username or password." : "Other.",
        100 + (unsigned)(dice >> 20) % 30, countries[dice % 5]);
    put_guid(text, "correlationId");
    put(text, "\"conditionalAccessStatus\":\"success\",");
    put_policies(text);
    put(text, "\"authenticationContextClassReferences\":[],");
    put_guid(text, "originalRequestId");
    put(text, "\"isInteractive\":true,\"tokenIssuerName\":\"\",\"tokenIssuerType\":\"AzureAD\",");
    put_details(text, minute);
    put(text, "}}\n");
}

/* Follows the padding that the reader asks for. */
static struct text make_text(const char *front, const char *back)
{
    struct text text = {
        .start = malloc(TEXT_BYTES + RECORD_BYTES_MAX + LIMIT_VECTOR_PADDING),
        .capacity = TEXT_BYTES + RECORD_BYTES_MAX,
        .seed = 1,
    };
    if (text.start == NULL)
        abort();
    memset(text.start, 0, text.capacity + LIMIT_VECTOR_PADDING);
    put(&text, "%s", front);
    while (text.bytes < TEXT_BYTES - RECORD_BYTES_MAX) {
        put_record(&text);
        text.start[text.bytes - 1] = *back != '\0' ? ',' : '\n';
    }
    if (*back != '\0')
        text.bytes--;
    put(&text, "%s", back);
    return text;
}

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

struct found {
    uint64_t records, fields, bytes;
};

static void read_block(const struct json_paths *compiled, enum json_tier tier,
                       const struct block *block, struct found *found)
{
    static struct record record;
    struct json_reader reader;
    json_reader_init(&reader, compiled, tier, LIMIT_LINE_BYTES, block);
    for (;;) {
        const enum record_result result = json_reader_next(&reader, &record);
        if (result == RECORD_END)
            break;
        found->records += result == RECORD_FOUND;
        found->fields += (uint64_t)__builtin_popcountll(record.present);
        found->bytes += record.values[4].text.bytes;
    }
}

/* Splits the text as the input stage does, and reads what comes out when there are paths. */
static struct found run(const struct json_paths *compiled, enum json_tier tier, enum layout layout,
                        struct slice text)
{
    struct found found = {0};
    struct json_split split;
    json_split_init(&split, layout, LIMIT_LINE_BYTES);
    split.tier = tier;
    for (size_t at = 0, end = 0; at < text.bytes;) {
        end = end + LIMIT_BLOCK_BYTES < text.bytes ? end + LIMIT_BLOCK_BYTES : text.bytes;
        const bool at_end = end == text.bytes;
        for (;;) {
            const struct record_cut cut =
                json_split_next(&split, slice_of(text.start + at, end - at), at_end);
            const struct block block = {
                .layout = layout,
                .bytes = cut.bytes,
                .text = (char *)(uintptr_t)text.start + at + cut.skip,
            };
            if (compiled != NULL)
                read_block(compiled, tier, &block, &found);
            else
                found.bytes += cut.bytes;
            at += cut.skip + cut.bytes;
            if (cut.skip + cut.bytes == 0 || at == end)
                break;
        }
        if (at_end)
            break;
    }
    return found;
}

static void measure(const char *what, const struct json_paths *compiled, enum json_tier tier,
                    enum layout layout, struct slice text, unsigned passes)
{
    double fastest = 0;
    struct found found = {0};
    for (size_t i = 0; i < RUNS; i++) {
        const double start = now_seconds();
        for (unsigned pass = 0; pass < passes; pass++)
            found = run(compiled, tier, layout, text);
        const double seconds = now_seconds() - start;
        fastest = i == 0 || seconds < fastest ? seconds : fastest;
    }
    printf("%-26s %-7s %6.2f GB/s   records %" PRIu64 ", fields %" PRIu64 ", bytes %" PRIu64 "\n",
           what, json_tier_name(tier), (double)text.bytes * passes / fastest * 1e-9, found.records,
           found.fields, found.bytes);
}

int main(void)
{
    const struct json_stop stop = {.always = (1u << PATHS_COUNT) - 1};
    struct json_paths *early = NULL, *full = NULL;
    if (json_paths_create(&early, paths, PATHS_COUNT, &stop, 1) != STATUS_OK ||
        json_paths_create(&full, paths, PATHS_COUNT, NULL, 0) != STATUS_OK)
        return EXIT_FAILURE;
    struct text lines = make_text("", "");
    struct text array = make_text("{\"value\":[", "]}");
    const struct slice lines_text = slice_of(lines.start, lines.bytes);
    const struct slice array_text = slice_of(array.start, array.bytes);

    struct slice cached_text = slice_of(lines.start, LIMIT_BLOCK_BYTES);
    cached_text.bytes = (size_t)((const char *)memrchr(cached_text.start, '\n', cached_text.bytes) -
                                 cached_text.start) +
                        1;

    for (int best = (int)json_tier_best(), i = best; i >= 0; i--) {
        const enum json_tier tier = (enum json_tier)i;
        measure("lines, early exit, cached", early, tier, LAYOUT_JSON_LINES, cached_text,
                CACHED_PASSES);
        measure("lines, full walk, cached", full, tier, LAYOUT_JSON_LINES, cached_text,
                CACHED_PASSES);
        measure("lines, early exit", early, tier, LAYOUT_JSON_LINES, lines_text, 1);
        measure("lines, full walk", full, tier, LAYOUT_JSON_LINES, lines_text, 1);
        measure("envelope, split only", NULL, tier, LAYOUT_JSON_STREAM, array_text, 1);
        measure("envelope, early exit", early, tier, LAYOUT_JSON_STREAM, array_text, 1);
        measure("envelope, full walk", full, tier, LAYOUT_JSON_STREAM, array_text, 1);
    }
    free(lines.start);
    free(array.start);
    json_paths_destroy(early);
    json_paths_destroy(full);
    return EXIT_SUCCESS;
}
