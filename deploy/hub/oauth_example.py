"""Sign-in with your school's own accounts, by OpenID Connect. Copy this file, fill it in, and name it in HUB_SIGN_IN.

Your identity provider asks for the address to come back to: https://YOUR.HOST/hub/oauth_callback
It gives an id and a secret, which come from the environment and stay out of files.
"""

import os

c = get_config()  # noqa: F821  JupyterHub puts it there
provider = os.environ.get("OIDC_PROVIDER", "https://login.example.edu/realms/school")

c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.client_id = os.environ["OIDC_CLIENT_ID"]
c.GenericOAuthenticator.client_secret = os.environ["OIDC_CLIENT_SECRET"]
c.GenericOAuthenticator.oauth_callback_url = os.environ["OIDC_CALLBACK"]
c.GenericOAuthenticator.authorize_url = f"{provider}/protocol/openid-connect/auth"
c.GenericOAuthenticator.token_url = f"{provider}/protocol/openid-connect/token"
c.GenericOAuthenticator.userdata_url = f"{provider}/protocol/openid-connect/userinfo"
c.GenericOAuthenticator.scope = ["openid", "profile"]
c.GenericOAuthenticator.username_claim = "preferred_username"
# Who may come in: everybody whom the provider knows, or these names alone.
c.GenericOAuthenticator.allow_all = True
# c.GenericOAuthenticator.allowed_users = {"ann", "ben"}
